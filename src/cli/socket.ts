// The path of the owner-only socket: that it is nobody else's, and that no dead one lies in the way.
import { lstat, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { builtin } from "../core/builtin.ts";
import { CcbError, codeOf } from "../core/errors.ts";

const GROUP_OR_OTHERS_WRITE = 0o022;
/** In such a folder only its owner may replace a file: /tmp. */
const STICKY = 0o1000;
const ANSWER_MS = 2_000;

type Why = "other_owner" | "not_a_socket" | "folder";

const refused = (path: string, why: Why): CcbError =>
  new CcbError("address_in_use", (words) => words.access.socketRefused({ path, why }));

/** Whether somebody answers at a socket. Only a refusal is a no: one that is slow to accept is there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = builtin.net().connect({ path });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_MS, () => settle(true));
    socket.once("connect", () => settle(true));
    socket.once("error", (error) => settle(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error))));
  });
}

async function assertOwnFolder(path: string, uid: number | undefined): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => null);
  if (folder === null || !folder.isDirectory()) throw refused(path, "folder");
  if (uid === undefined) return;
  const shared = (folder.mode & GROUP_OR_OTHERS_WRITE) !== 0 && (folder.mode & STICKY) === 0;
  if (shared || (folder.uid !== uid && folder.uid !== 0)) throw refused(path, "folder");
}

/**
 * Makes sure that a socket can be bound at a path, and removes one that a program left behind when it died. Rejects with
 * `address_in_use`, and touches nothing, where another program answers, another user owns what is there, or it is no
 * socket. `uid` undefined: a system without owners.
 */
export async function clearSocketPath(path: string, uid: number | undefined): Promise<void> {
  await assertOwnFolder(path, uid);
  const found = await lstat(path).catch(() => null);
  if (found === null) return;
  if (uid !== undefined && found.uid !== uid) throw refused(path, "other_owner");
  if (!found.isSocket()) throw refused(path, "not_a_socket");
  if (await answers(path)) throw new CcbError("address_in_use", (words) => words.access.socketTaken({ path }));
  await unlink(path);
}
