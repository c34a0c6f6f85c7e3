// What a keyring's error means. The library gives every error one code, so its words are all there is.
import type { KeyringFault } from "./vault.ts";

/**
 * The words, by platform. The first that matches wins. Linux: libdbus, zbus and the Secret Service, seen with
 * gnome-keyring 42. macOS: SecCopyErrorMessageString of the codes in SecBase.h. Windows: the library's own words for
 * codes of winerror.h, which no display language changes.
 */
const TABLE: readonly (readonly [RegExp, KeyringFault])[] = [
  // every platform: keyring-core's own
  [/is matched by \d+ credentials/i, "ambiguous"],
  [/longer than the platform limit/i, "full"],
];

const BY_PLATFORM: Readonly<Record<string, readonly (readonly [RegExp, KeyringFault])[]>> = {
  linux: [
    // All that gnome-keyring says where its file cannot be written: a full disk, a quota, a read-only folder.
    [/Couldn't set item secret|An error occurred on the device|No space left on device/i, "full"],
    [/prompt was dismissed|prompt dismissed|before prompt completed/i, "locked"],
    [/Error\.IsLocked|object locked|collection is locked/i, "locked"],
    [/Did not receive a reply|Error\.(?:NoReply|Timeout|TimedOut)\b/i, "silent"],
    // no bus
    [/set your DBUS_SESSION_BUS_ADDRESS|Unable to determine the address of the message bus/i, "absent"],
    [/Failed to connect to (?:socket|address)|Address does not contain a colon|Unknown address type/i, "absent"],
    [/Unable to autolaunch|Failed to open ".*machine-id"|Failed to read from .*machine-id/i, "absent"],
    // a bus without a keyring
    [/not provided by any \.service files|Error\.ServiceUnknown|Error\.NameHasNoOwner/i, "absent"],
    [/Secret Service: no result found/i, "absent"], // no collection was ever made, and nobody can be asked to
    [/no secret service provider or dbus session|Error\.Spawn\.|exited with status/i, "absent"],
  ],
  darwin: [
    [/User interaction is not allowed/i, "locked"], // errSecInteractionNotAllowed
    [/user name or passphrase you entered is not correct/i, "locked"], // errSecAuthFailed
    [/User cancell?ed the operation/i, "locked"], // errSecUserCanceled
    [/No keychain is available|default keychain could not be found/i, "absent"], // errSecNotAvailable, NoDefaultKeychain
    [/specified keychain could not be found/i, "absent"], // errSecNoSuchKeychain
    [/disk is full|No space left on device/i, "full"], // errSecDiskFull
  ],
  win32: [
    [/ERROR_NO_SUCH_LOGON_SESSION|error code 1312\b/, "absent"], // a service or an SSH session without a profile
    [/error code (?:1061|1062|1058|1722|1753)\b/, "absent"], // the Credential Manager service does not run
    [/error code (?:8|14|39|112|1450|1816)\b/, "full"], // no memory, disk full, no resources, quota
    [/error code (?:258|1460)\b/, "silent"], // wait and time-out
  ],
};

/** The fault that an error's message stands for on a platform (`process.platform`'s words); `failed` where it is unknown. */
export function keyringFault(message: string, platform: string): KeyringFault {
  const rows = [...TABLE, ...(BY_PLATFORM[platform] ?? [])];
  return rows.find(([words]) => words.test(message))?.[1] ?? "failed";
}

/** Whether the handle, not the keyring, is at fault: the daemon or the bus was started anew. A new handle works. */
export function isStaleHandle(message: string): boolean {
  return /session does not exist|Error\.NoSession|disconnected|Connection is closed|Not connected to/i.test(message);
}
