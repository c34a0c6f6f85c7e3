// What the schema cannot say about where ccb listens: names, ranges of addresses, the certificate, the socket.
import type { TlsSettings } from "./config.ts";
import { NO_HOST, refuseExposure } from "./exposure.ts";
import { parseRange } from "./networks.ts";
import { child } from "./report.ts";
import type { Pointer, Report } from "./report.ts";
import type { SettingsDraft } from "./schema.ts";
import type { TlsCheck, TlsPaths } from "./tls-files.ts";

/** A host as it is listened on: `[::1]` is `::1`. */
export const normaliseHost = (host: string): string => host.replace(/^\[(.*)\]$/, "$1").toLowerCase();

/** What fits into a sockaddr_un everywhere (104 bytes on macOS), with its ending NUL. */
const SOCKET_PATH_BYTES = 103;

/** A host as a URL has it: in lower case, IPv6 in brackets, international names in ASCII; null: it is none. */
export function toHostname(text: string): string | null {
  const bracketed = text.includes(":") && !text.startsWith("[") ? `[${text}]` : text;
  if (/[\s/?#@\\%*]/.test(text)) return null;
  const url = URL.parse(`http://${bracketed}/`);
  return url === null || url.port !== "" || url.hostname === "" || /:\d+$/.test(bracketed) ? null : url.hostname;
}

function checkEach(
  list: readonly string[] | undefined,
  pointer: Pointer,
  report: Report,
  sound: (text: string) => boolean,
  say: Parameters<Report["error"]>[1],
): void {
  for (const [index, text] of (list ?? []).entries()) if (!sound(text)) report.error(child(pointer, index), say);
}

export interface ListeningContext {
  /** Absolute where the file is known. */
  readonly resolve: (path: string) => string;
  /** What is known of the certificate. */
  readonly tls: (paths: TlsPaths) => TlsCheck;
  /** A flag or variable decides the host: it is looked at where that is read. */
  readonly hostElsewhere: boolean;
}

function tlsPaths(draft: SettingsDraft, { resolve }: ListeningContext): TlsPaths | null {
  const { cert, key } = draft.tls ?? {};
  return cert === undefined || key === undefined ? null : { cert: resolve(cert), key: resolve(key) };
}

/** Looked at whatever else is wrong: an open door is told with the rest. */
function checkExposure(draft: SettingsDraft, pointer: Pointer, context: ListeningContext, report: Report): void {
  const { host, auth, tls = null, plain_http_from = [] } = draft;
  if (host === undefined || context.hostElsewhere) return;
  const asked = { enabled: auth?.enabled ?? false, admin: auth?.admin ?? null };
  const refusal = refuseExposure({ host: normaliseHost(host), auth: asked, tls, plain_http_from });
  if (refusal !== null) report.error(child(pointer, "host"), refusal);
}

/** Reports what is wrong with the sound keys of the settings. */
export function checkListening(
  draft: SettingsDraft,
  pointer: Pointer,
  context: ListeningContext,
  report: Report,
): void {
  const { allowed_hosts, plain_http_from, socket, host } = draft;
  checkEach(allowed_hosts, child(pointer, "allowed_hosts"), report, (text) => toHostname(text) !== null, (words) => words.access.hostName); // prettier-ignore
  checkEach(plain_http_from, child(pointer, "plain_http_from"), report, (text) => parseRange(text) !== null, (words) => words.access.network); // prettier-ignore
  if (socket !== undefined && Buffer.byteLength(context.resolve(socket)) > SOCKET_PATH_BYTES)
    report.error(child(pointer, "socket"), (words) => words.access.socketTooLong(SOCKET_PATH_BYTES));
  if (host === NO_HOST && !context.hostElsewhere && socket === undefined)
    report.error(child(pointer, "host"), (words) => words.access.noneWithoutSocket);
  checkExposure(draft, pointer, context, report);
  const paths = tlsPaths(draft, context);
  const check = paths === null ? null : context.tls(paths);
  if (check === null) return;
  const at = child(pointer, "tls");
  if ("faulty" in check) report.error(child(at, check.faulty), check.say);
  else if (check.keyShared === true) report.warning(child(at, "key"), (words) => words.access.tlsKeyShared);
}

/** The certificate in force, of settings without a fault. */
export function toTls(draft: SettingsDraft, context: ListeningContext): TlsSettings | null {
  const paths = tlsPaths(draft, context);
  if (paths === null) return null;
  const check = context.tls(paths);
  return { ...paths, fingerprint: "fingerprint" in check ? check.fingerprint : "" };
}
