// What was used: counted in memory as requests end, written to the file in batches behind them, and summed up when asked.
import { CcbError, codeOf } from "../core/errors.ts";
import type { Announce, Cancel, Clock, Log } from "../core/ports.ts";
import type { Words } from "../core/words/en.ts";
import { VaultError } from "../vault/vault.ts";
import { DamagedFileError, NewerFileError } from "./file.ts";
import type { UsageFile } from "./file.ts";
import { offsetHere } from "./local-time.ts";
import type { OffsetMinutes } from "./local-time.ts";
import { createPriceList, PRICES_AS_OF } from "./prices.ts";
import type { GivenPrice } from "./prices.ts";
import { parseQuestion } from "./question.ts";
import type { Question } from "./question.ts";
import { sumBy, toReport, withModel } from "./report.ts";
import type { Report } from "./report.ts";
import { createTally } from "./tally.ts";
import type { Counted } from "./tally.ts";

/** A crash loses what was counted since the last batch: so long at most, milliseconds. */
const BATCH_MS = 2_000;
/** The first look at the file, when the start is over. */
const OPEN_MS = 500;
/** Between two tries where the file cannot be written. */
const LONGEST_RETRY_MS = 60_000;
const FORGET_EVERY_MS = 3_600_000;
/** Traces that wait to be counted. */
const MOST_UNCOUNTED = 200;
/** More lines would be no answer to a person, and hold up requests while they are summed. */
const MOST_ROWS = 50_000;

export interface UsageSettings {
  readonly enabled: boolean;
  readonly retention_days: number;
  /** By model, or a pattern of names. */
  readonly prices: Readonly<Record<string, GivenPrice>>;
}

export interface UsageDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly announce: Announce;
  readonly words: Words;
  /** What is in force now. */
  readonly settings: () => UsageSettings;
  /** null: memory alone counts. */
  readonly files: {
    /** Throws as `openUsageFile`. */
    open(): UsageFile;
    /** Puts a damaged file out of the way and gives its new name. */
    setAside(): string | null;
    /** For the words to its owner. */
    readonly path: string;
  } | null;
  readonly offset?: OffsetMinutes;
}

export interface UsageAnswer extends Question, Report {
  readonly enabled: boolean;
  /** What was counted survives the end of this process. */
  readonly durable: boolean;
  readonly pricesAsOf: string;
}

export interface Usage {
  /** Counts a request that is over: no I/O, and never throws. */
  note(trace: Counted): void;
  /** Answers `by`, `since` and `until` of a query. Throws `invalid_request`. */
  answer(query: URLSearchParams): UsageAnswer;
  start(): void;
  /** Writes what is counted. */
  stop(): void;
}

type Trouble = "newer" | "foreign" | "unwritable";

function troubleOf(error: unknown): Trouble {
  if (error instanceof NewerFileError) return "newer";
  return error instanceof VaultError && error.fault === "foreign" ? "foreign" : "unwritable";
}

/** Creates the counter; nothing is opened before `start`, and nothing at all while usage is switched off. */
export function createUsage(deps: UsageDeps): Usage {
  const { clock, log, settings, files, offset = offsetHere } = deps;
  const tally = createTally(offset);
  let file: UsageFile | null = null;
  let cancel: Cancel | null = null;
  let failures = 0;
  /** What the person was told last. */
  let said: Trouble | null = null;
  let forgetAt = 0;
  let saidLost = false;
  let uncounted: Counted[] = [];

  /** Adds up what has ended since: behind the requests, with others. */
  function count(): void {
    const { lost } = tally;
    for (const trace of uncounted) tally.add(trace);
    uncounted = [];
    if (tally.lost === lost || saidLost) return;
    saidLost = true;
    log.warning("usage_lost", { requests: tally.lost });
  }

  function wait(milliseconds: number): void {
    if (files === null) return;
    cancel ??= clock.after(milliseconds, () => {
      cancel = null;
      flush();
    });
  }

  function unschedule(): void {
    cancel?.();
    cancel = null;
  }

  function close(): void {
    const open = file;
    file = null;
    try {
      open?.close();
    } catch (error) {
      log.warning("usage_close_failed", { error: codeOf(error) });
    }
  }

  function replaceDamaged(from: NonNullable<UsageDeps["files"]>): UsageFile {
    close();
    const aside = from.setAside();
    log.warning("usage_file_set_aside", { file: aside });
    deps.announce(deps.words.usage.setAside({ path: from.path, aside: aside ?? "" }));
    return from.open();
  }

  /** Does something with the open file; a damaged one is replaced, and it is done with the new one. */
  function withFile<Result>(work: (file: UsageFile) => Result): Result | null {
    if (files === null) return null;
    try {
      if (file?.isThere() === false) close();
      file ??= files.open();
      return work(file);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      file = replaceDamaged(files);
      return work(file);
    }
  }

  function failed(error: unknown): void {
    const trouble = troubleOf(error);
    failures += 1;
    // A full one can be read all the same. Any other is opened anew: meanwhile somebody may have mended what was wrong.
    if (!/^SQLITE_(?:FULL|BUSY)/.test(codeOf(error))) close();
    if (said !== trouble) {
      said = trouble;
      log.warning("usage_not_written", { trouble, error: codeOf(error) });
      deps.announce(deps.words.usage[trouble]({ path: files?.path ?? "" }));
    }
    wait(Math.min(LONGEST_RETRY_MS, BATCH_MS * 2 ** Math.min(failures, 10)));
  }

  function write(open: UsageFile): void {
    if (clock.now() >= forgetAt || forgetAt > clock.now() + FORGET_EVERY_MS) {
      open.forget(Math.floor(clock.now() / 1000), settings().retention_days * 86_400);
      forgetAt = clock.now() + FORGET_EVERY_MS;
    }
    if (tally.rows.length === 0) return;
    open.add(tally.rows);
    tally.clear();
  }

  function flush(): void {
    count();
    try {
      withFile(write);
      failures = 0;
      saidLost = false;
      if (said !== null) deps.announce(deps.words.usage.back);
      said = null;
    } catch (error) {
      failed(error);
    }
  }

  function sums({ by, since, until }: Question) {
    count();
    const dimensions = withModel(by);
    const counted = tally.rows.filter(({ hour }) => hour >= since && hour < until);
    let written: ReturnType<UsageFile["sum"]> = [];
    try {
      written = withFile((open) => open.sum(dimensions, { since, until }, MOST_ROWS + 1)) ?? [];
    } catch (error) {
      failed(error);
    }
    if (written.length > MOST_ROWS) throw new CcbError("invalid_request", (words) => words.usage.tooMuch);
    return sumBy([...written, ...counted], dimensions);
  }

  return {
    note(trace) {
      if (!settings().enabled) return;
      if (uncounted.push(trace) >= MOST_UNCOUNTED) count();
      wait(BATCH_MS);
    },
    answer(query) {
      const question = parseQuestion(query, { now: clock.now(), offset });
      const { enabled, prices } = settings();
      const report = toReport(enabled ? sums(question) : [], question.by, createPriceList(prices));
      const durable = enabled && files !== null && said === null;
      return { enabled, durable, pricesAsOf: PRICES_AS_OF, ...question, ...report };
    },
    start() {
      if (settings().enabled) wait(OPEN_MS);
    },
    stop() {
      unschedule();
      count();
      if (tally.rows.length > 0) flush();
      unschedule();
      close();
    },
  };
}
