// Which target holds what: a thread, a file or a batch exists at the account that made it and nowhere else.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Clock } from "../core/ports.ts";
import { isMessages } from "../provider/path-kind.ts";
import { memberRanges, parseRange, toBuffer } from "./json-members.ts";
import { createRecentMap } from "./recent-map.ts";

export interface AffinityOptions {
  readonly clock: Pick<Clock, "now">;
  /** From the last use; by default 30 days: a batch's results are kept 29. */
  readonly ttlMs?: number;
  /** By default 10,000. */
  readonly limit?: number;
}

interface Named {
  /** The id of the target that holds it; null: none does, or it is nothing. */
  readonly pinned: string | null;
  /** The server keeps the state of this Messages request: the reply's id has to be noted. */
  readonly thread: boolean;
}

export interface Affinity {
  /**
   * Notes what a reply of success says was made or held there: a new or listed file or batch, the message of a thread
   * (JSON, or an event stream up to `message_start`). For `POST /v1/messages` call it only where `look` said `thread`:
   * other messages need no memory. Texts that say nothing of the kind are ignored.
   */
  noteReply(path: string, method: string, targetId: string, text: string): void;
  /** What a request names. One with things of several targets goes to the first's. */
  look(path: string, body: Uint8Array | null): Named;
}

const Id = Type.String({ minLength: 1, maxLength: 200 });
const ThingSchema = Type.Object({ id: Id });
const ListSchema = Type.Object({ data: Type.Array(ThingSchema) });
const MessageStartSchema = Type.Object({ message: ThingSchema });
const ContinueSchema = Type.Object({ type: Type.Literal("continue"), previous_message_id: Id });
const ThreadSchema = Type.Object({ type: Type.Union([Type.Literal("create"), Type.Literal("continue")]) });

const NOTHING: Named = { pinned: null, thread: false };
const COLLECTION = /^\/v1\/(?:files|messages\/batches)\/?$/;
const THING = /^\/v1\/(?:files|messages\/batches)\/([^/]{1,200})/;
/** Within a JSON string each quote has a backslash before it, so this finds keys alone. */
const FILE_IDS = /"file_id"\s*:\s*"([^"\\]{1,200})"/g;

const withoutQuery = (path: string): string => {
  const query = path.indexOf("?");
  return query === -1 ? path : path.slice(0, query);
};
const idIn = (path: string): string | null => THING.exec(withoutQuery(path))?.[1] ?? null;

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The id of a message reply: a JSON object, or a stream's `message_start`. */
function messageIdOf(text: string): string | null {
  const start = /^data:(.*)$/m.exec(text)?.[1];
  const value = parsed(start ?? text);
  if (Value.Check(MessageStartSchema, value)) return value.message.id;
  return start === undefined && Value.Check(ThingSchema, value) ? value.id : null;
}

const THREAD = Buffer.from('"thread"');

function threadIn(body: Buffer): unknown {
  if (!body.includes(THREAD)) return undefined;
  const range = memberRanges(body, "thread").at(-1);
  return range === undefined ? undefined : parseRange(body, range);
}

/** Creates an empty memory. It does not survive a restart; lists of files and batches that pass by refill it. */
export function createAffinity({ clock, ttlMs = 30 * 86_400_000, limit = 10_000 }: AffinityOptions): Affinity {
  const holders = createRecentMap<string>({ clock, ttlMs: () => ttlMs, limit });

  /** A thing that is named is in use. */
  function holderOf(id: string): string | null {
    const holder = holders.get(id);
    if (holder !== null) holders.set(id, holder);
    return holder;
  }

  return {
    noteReply(path, method, targetId, text) {
      const plain = withoutQuery(path);
      if (method === "DELETE") {
        const id = idIn(plain);
        if (id !== null) holders.delete(id);
      } else if (isMessages(plain)) {
        const id = messageIdOf(text);
        if (id !== null) holders.set(id, targetId);
      } else if (COLLECTION.test(plain)) {
        const value = parsed(text);
        if (Value.Check(ListSchema, value)) for (const { id } of value.data) holders.set(id, targetId);
        else if (Value.Check(ThingSchema, value)) holders.set(value.id, targetId);
      }
    },
    look(path, body) {
      const id = isMessages(path) ? null : idIn(path);
      if (id !== null) return { pinned: holderOf(id), thread: false };
      if (body === null) return NOTHING;
      const bytes = toBuffer(body);
      const thread = threadIn(bytes);
      const held = thread !== undefined && Value.Check(ThreadSchema, thread);
      const ofThread = held && Value.Check(ContinueSchema, thread) ? holderOf(thread.previous_message_id) : null;
      return { pinned: ofThread ?? ofFiles(bytes), thread: held };
    },
  };

  function ofFiles(bytes: Buffer): string | null {
    // Nobody is known to hold anything: of a megabyte that would be a look at all of it.
    if (holders.size === 0 || !bytes.includes('"file_id"')) return null;
    for (const [, file] of bytes.toString().matchAll(FILE_IDS)) {
      const holder = file === undefined ? null : holderOf(file);
      if (holder !== null) return holder;
    }
    return null;
  }
}
