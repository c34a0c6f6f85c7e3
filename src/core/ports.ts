// The doors to the outside world. Only types: main.ts binds the real ones, tests bind their own.

import type { PeerCertificate } from "node:tls";

/** What ccb asks of `fetch`, with the options that only Bun has. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> | null;
  readonly signal?: AbortSignal;
  readonly redirect?: "manual" | "error";
  /** false: the bytes as they came, with their own content-encoding. */
  readonly decompress?: boolean;
  /** false: Bun's own idle timer of 360 s is off; ccb has its own. */
  readonly timeout?: false;
  /** false: a connection of its own, closed afterwards; never one from the pool. */
  readonly keepalive?: boolean;
  /** false: direct, whatever the environment says. */
  readonly proxy?: string | false;
  readonly tls?: {
    readonly ca: readonly string[];
    /** true: an authority of `ca` is believed though its own issuer is not there. */
    readonly allowPartialTrustChain?: true;
    /** Says with an error that a certificate is not that of `host`. */
    readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
  };
  /** Path of a socket to connect to in place of the URL's host. */
  readonly unix?: string;
}

export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** Cancels a timer; harmless afterwards. */
export type Cancel = () => void;

export interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that neither jumps nor counts the time asleep. */
  monotonic(): number;
  /** Calls back once after `milliseconds`; the timer does not keep the process alive. */
  after(milliseconds: number, callback: () => void): Cancel;
  /** The next turn of the event loop: what lay in the sockets has been read by then. */
  turn(): Promise<void>;
}

export interface Random {
  bytes(length: number): Uint8Array<ArrayBuffer>;
  /** 0 ≤ x < 1 */
  fraction(): number;
}

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Values a log line may carry. Secrets are of type Secret and do not fit. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured lines; the event name is stable, the fields are ids, codes, counts and times. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warning(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Words for the person at the console: shown as they are, never as JSON. */
export type Announce = (text: string) => void;
