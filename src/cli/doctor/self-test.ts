// ccb doctor --self-test: the real server with a memory of its own, against a peer inside the program.
import { colouredOutput } from "../colours.ts";
import { Type } from "@sinclair/typebox";
import type { Static } from "@sinclair/typebox";
import { stringify } from "yaml";
import { createApp } from "../../app.ts";
import type { App } from "../../app.ts";
import { parseConfig } from "../../config/parse.ts";
import { CcbError, codeOf } from "../../core/errors.ts";
import { wordsOf } from "../../core/language.ts";
import type { Log } from "../../core/ports.ts";
import type { Words } from "../../core/words/en.ts";
import { createMemoryVault } from "../../vault/memory.ts";
import { EXIT_FAILURE, EXIT_OK, systemLanguage } from "../configuration.ts";
import { listen } from "../listen.ts";
import type { Listening } from "../listen.ts";
import * as runtime from "../runtime.ts";
import { createScreen, styled } from "../shown.ts";
import { renderTable } from "../table.ts";
import { duration } from "../times.ts";
import { bounded } from "./bounded.ts";
import { startPeer } from "./self-test-peer.ts";
import type { Peer } from "./self-test-peer.ts";
import { createSteps, StepFault, StepSchema } from "./self-test-steps.ts";
import type { Step } from "./self-test-steps.ts";
import { STYLES } from "./show.ts";

const OutcomeSchema = Type.Object({
  step: StepSchema,
  ok: Type.Boolean(),
  milliseconds: Type.Integer(),
  detail: Type.String({ description: "What was done, or what went wrong." }),
});
type Outcome = Static<typeof OutcomeSchema>;

/** What `ccb doctor --self-test --json` prints. */
export const SelfTestSchema = Type.Object({
  result: Type.Union([Type.Literal("ok"), Type.Literal("problem")]),
  milliseconds: Type.Integer(),
  steps: Type.Array(OutcomeSchema),
});

/** A step takes some milliseconds; one that takes this long hangs. */
const STEP_MS = 3_000;
const SILENT: Log = { debug: () => {}, info: () => {}, warning: () => {}, error: () => {} };

interface Stage {
  readonly url: string;
  end(): Promise<void>;
}

/** The server as `ccb serve` starts it, at a free port, with nothing of this person's. */
async function raise(peer: Peer): Promise<Stage> {
  const text = stringify({
    providers: [{ name: "self-test", base_url: peer.url, auth_value: "oauth" }],
    settings: {
      host: "127.0.0.1",
      port: 0,
      usage: { enabled: false },
      oauth: { authorize_url: peer.authorizeUrl, token_url: peer.tokenUrl },
    },
  });
  const parsed = parseConfig(text, { file: null, env: {} });
  if (!parsed.ok) throw new CcbError("internal", (words) => words.http.internal);
  let listening: Listening | null = null;
  const app: App = createApp({
    config: parsed.config,
    load: () => Promise.resolve(parsed),
    fetch: runtime.realFetch,
    clock: runtime.realClock,
    houseClock: runtime.realClock,
    random: runtime.realRandom,
    log: SILENT,
    announce: () => {},
    vault: createMemoryVault(),
    journal: null,
    usageFiles: null,
    residentBytes: runtime.residentBytes,
    releaseMemory: runtime.releaseMemory,
    desktop: { ...runtime.desktop, find: () => null },
    routing: runtime.createRouting,
    network: runtime.networkFingerprint,
    publicUrl: () => listening?.curl ?? "",
    callbackUrl: () => null,
    loginCommand: "ccb login",
    language: systemLanguage(),
    onPersistence: () => {},
    onConfig: () => {},
  });
  listening = await listen(parsed.config.settings, app);
  const open = listening;
  app.start();
  return {
    url: open.url,
    async end() {
      app.drain();
      open.cut();
      await app.stop();
    },
  };
}

function detailOf(error: unknown, words: Words): string {
  const { fault } = words.doctor.selfTest;
  return error instanceof StepFault
    ? fault[error.kind]({ detail: error.detail })
    : fault.status({ detail: codeOf(error) });
}

async function runStep({ name, run }: Step, words: Words): Promise<Outcome> {
  const clock = runtime.realClock;
  const began = clock.monotonic();
  const hung = new StepFault("silent", duration(STEP_MS));
  const error: unknown = await bounded(
    clock,
    STEP_MS,
    run().then(
      () => null,
      (cause: unknown) => cause,
    ),
    hung,
  );
  const milliseconds = Math.round(clock.monotonic() - began);
  const detail = error === null ? words.doctor.selfTest.did[name] : detailOf(error, words);
  return { step: name, ok: error === null, milliseconds, detail };
}

async function runAll(steps: readonly Step[], words: Words): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    // Without accounts nothing that follows means anything.
    const signedIn = outcomes.length === 0 || outcomes[0]?.ok === true;
    outcomes.push(
      signedIn
        ? await runStep(step, words)
        : { step: step.name, ok: false, milliseconds: 0, detail: words.doctor.selfTest.skipped },
    );
  }
  return outcomes;
}

function show({ steps, milliseconds, result }: Static<typeof SelfTestSchema>, words: Words): void {
  const { selfTest, level } = words.doctor;
  const screen = createScreen(runtime.writeOutput, colouredOutput());
  screen.line(styled("dim", selfTest.title));
  const columns = [{ title: "" }, { title: "" }, { title: "", align: "right" as const }, { title: "" }];
  const rows = steps.map(({ step, ok, milliseconds: took, detail }) => {
    const said = ok ? "ok" : "problem";
    return [styled(STYLES[said], level[said]), selfTest.step[step], duration(took), detail];
  });
  for (const line of renderTable(columns, rows, runtime.textWidth, { titles: false })) screen.line(...line);
  screen.line();
  const count = steps.filter(({ ok }) => !ok).length;
  const text = count === 0 ? selfTest.good({ took: duration(milliseconds) }) : selfTest.bad({ count });
  screen.line(styled(STYLES[result], text));
}

/** Runs the steps and prints how each went. Resolves the exit code. */
export async function selfTest(json: boolean): Promise<number> {
  runtime.tolerateClosedOutput();
  const words = wordsOf(systemLanguage());
  const rest = runtime.stayAlive();
  const began = runtime.realClock.monotonic();
  let peer: Peer | null = null;
  let stage: Stage | null = null;
  try {
    peer = await startPeer(runtime.realClock);
    stage = await raise(peer);
    const steps = await runAll(createSteps({ url: stage.url, peer, fetch: runtime.realFetch }), words);
    const milliseconds = Math.round(runtime.realClock.monotonic() - began);
    const good = steps.every(({ ok }) => ok);
    const report = { result: good ? ("ok" as const) : ("problem" as const), milliseconds, steps: [...steps] };
    if (json) createScreen(runtime.writeOutput, false).json(report);
    else show(report, words);
    return good ? EXIT_OK : EXIT_FAILURE;
  } catch (error) {
    const reason = error instanceof CcbError ? error.say(words) : codeOf(error);
    createScreen(runtime.writeError, false).lines(words.doctor.selfTest.notStarted({ reason }));
    return EXIT_FAILURE;
  } finally {
    peer?.stop();
    await stage?.end();
    rest();
  }
}
