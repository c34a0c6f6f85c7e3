// One reply as a raw socket sees it: which bytes came when. While it arrives only its end is looked for; it is read afterwards.

/** Of a reply that has arrived. */
export interface ReadReply {
  readonly status: number;
  readonly body: Buffer;
  /** When the first byte of the body was there, and each event's last one; on the clock of `performance.now`. */
  readonly firstByteAt: number;
  readonly eventsAt: readonly number[];
}

export interface WireReply {
  /** Takes in what came just now; whether the reply is whole with it. */
  push(bytes: Buffer): boolean;
  /** Throws where the bytes are no reply that this client knows. */
  read(): ReadReply;
}

const HEAD_END = "\r\n\r\n";
const EVENT_END = "\n\n";
const CHUNKED_END = Buffer.from("0\r\n\r\n");

export function createWireReply(): WireReply {
  const pieces: Buffer[] = [];
  const times: number[] = [];
  let total = 0;
  /** Length of the head, then of the whole reply where its head says so. */
  let headBytes: number | undefined;
  let wholeBytes: number | undefined;

  function readHead(): void {
    const begun = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    const end = begun?.indexOf(HEAD_END) ?? -1;
    if (begun === undefined || end === -1) return;
    headBytes = end + HEAD_END.length;
    const length = /^content-length: *(\d+)/im.exec(begun.toString("latin1", 0, end))?.[1];
    if (length !== undefined) wholeBytes = headBytes + Number(length);
  }

  const endsChunked = (bytes: Buffer): boolean => {
    // Nearly every piece of a stream ends otherwise, and is let go by this one look.
    if (bytes.length >= CHUNKED_END.length && bytes[bytes.length - CHUNKED_END.length] !== CHUNKED_END[0]) return false;
    const tail = bytes.length < CHUNKED_END.length ? Buffer.concat(pieces.slice(-CHUNKED_END.length)) : bytes;
    return tail.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
  };

  return {
    push(bytes) {
      times.push(performance.now());
      pieces.push(bytes);
      total += bytes.length;
      if (headBytes === undefined) readHead();
      if (headBytes === undefined) return false;
      return wholeBytes === undefined ? endsChunked(bytes) : total >= wholeBytes;
    },
    read() {
      const raw = Buffer.concat(pieces);
      const start = headBytes ?? raw.length;
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(raw.toString("latin1", 0, start))?.[1]);
      const timeOf = createClock(pieces, times);
      const firstByteAt = timeOf(start);
      const slices: readonly Slice[] = wholeBytes === undefined ? chunks(raw, start) : [[start, wholeBytes]];
      const body = Buffer.concat(slices.map(([from, to]) => raw.subarray(from, to)));
      return { status, body, firstByteAt, eventsAt: eventEnds(body, slices).map(timeOf) };
    },
  };
}

/** When the byte at an offset came; offsets must not go back. */
function createClock(pieces: readonly Buffer[], times: readonly number[]): (offset: number) => number {
  let index = 0;
  let end = pieces[0]?.length ?? 0;
  return (offset) => {
    while (offset >= end && index + 1 < pieces.length) end += pieces[++index]?.length ?? 0;
    return times[index] ?? Number.NaN;
  };
}

type Slice = readonly [from: number, to: number];

/** Where the bytes of a chunked body (RFC 9112 §7.1) are. */
function chunks(raw: Buffer, start: number): Slice[] {
  const slices: Slice[] = [];
  for (let at = start; ;) {
    const lineEnd = raw.indexOf("\r\n", at);
    const size = Number.parseInt(raw.toString("latin1", at, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(size)) throw new Error("the reply's chunks cannot be read");
    if (size === 0) return slices;
    const from = lineEnd + 2;
    slices.push([from, from + size]);
    at = from + size + 2;
  }
}

/** The offset in the raw reply of the last byte of each event. */
function eventEnds(body: Buffer, slices: readonly Slice[]): number[] {
  const ends: number[] = [];
  let index = 0;
  let before = 0;
  for (let at = body.indexOf(EVENT_END); at !== -1; at = body.indexOf(EVENT_END, at + EVENT_END.length)) {
    const last = at + 1;
    let [from, to] = slices[index] ?? [0, 0];
    while (last >= before + to - from) {
      before += to - from;
      [from, to] = slices[++index] ?? [0, Number.POSITIVE_INFINITY];
    }
    ends.push(from + last - before);
  }
  return ends;
}
