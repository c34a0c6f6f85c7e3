// What the keyrings' words mean. The Linux ones were seen; the others are from the libraries' tables.
import { expect, test } from "bun:test";
import { isStaleHandle, keyringFault } from "../../src/vault/keyring-faults.ts";

const seen: readonly (readonly [string, ReturnType<typeof keyringFault>, string])[] = [
  [
    "linux",
    "absent",
    "Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead",
  ],
  ["linux", "absent", "Platform failure: DBus error: Failed to connect to socket /tmp/x: No such file or directory"],
  ["linux", "absent", "Platform failure: DBus error: Address does not contain a colon"],
  [
    "linux",
    "absent",
    "Platform failure: DBus error: The name org.freedesktop.secrets was not provided by any .service files",
  ],
  [
    "linux",
    "absent",
    "zbus error: org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.secrets was not found",
  ],
  [
    "linux",
    "absent",
    "zbus error: Failed to connect to address `unix:path=/run/bus`: No such file or directory (os error 2)",
  ],
  ["linux", "absent", "no secret service provider or dbus session found"],
  ["linux", "absent", "Couldn't access platform storage: Secret Service: no result found"],
  ["linux", "locked", "Couldn't access platform storage: Secret Service: unlock prompt was dismissed"],
  ["linux", "locked", "zbus error: org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object"],
  [
    "linux",
    "silent",
    "Platform failure: DBus error: Did not receive a reply. Possible causes include: the remote application",
  ],
  ["linux", "full", "Platform failure: DBus error: Couldn't set item secret"],
  ["linux", "full", "Platform failure: DBus error: Couldn't create item: An error occurred on the device"],
  [
    "linux",
    "ambiguous",
    "Entry is matched by 2 credentials: [Entry { inner: Wrapper { path: 3 } }, Entry { inner: 2 }]",
  ],
  ["linux", "failed", "something new"],
  ["darwin", "ambiguous", "Entry is matched by 3 credentials: []"],
  ["darwin", "locked", "Platform failure: User interaction is not allowed."],
  ["darwin", "locked", "Platform failure: The user name or passphrase you entered is not correct."],
  ["darwin", "locked", "Platform failure: User canceled the operation."],
  [
    "darwin",
    "absent",
    "Couldn't access platform storage: No keychain is available. You may need to restart your computer.",
  ],
  ["darwin", "absent", "Platform failure: A default keychain could not be found."],
  ["darwin", "failed", "something new"],
  ["win32", "absent", "Couldn't access platform storage: Windows ERROR_NO_SUCH_LOGON_SESSION"],
  ["win32", "full", "Attribute 'password' is longer than the platform limit of 2560 chars"],
  ["win32", "full", "Platform failure: Windows error code 112"],
  ["win32", "failed", "Platform failure: Windows error code 1120"],
  ["freebsd", "failed", "unlock prompt was dismissed"],
];

test.each([...seen])("%s: %s: %s", (platform, fault, message) => {
  expect(keyringFault(message, platform)).toBe(fault);
});

test("only a handle that outlived its daemon is worth a second try", () => {
  expect(isStaleHandle("Platform failure: DBus error: The session does not exist")).toBe(true);
  expect(isStaleHandle("Couldn't access platform storage: Secret Service: unlock prompt was dismissed")).toBe(false);
  expect(isStaleHandle("Platform failure: DBus error: Did not receive a reply.")).toBe(false);
});
