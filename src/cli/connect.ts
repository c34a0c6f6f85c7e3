// Where the running server is, by the same configuration that it was started with, and a client for it.
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import { NO_HOST } from "../config/exposure.ts";
import { normaliseHost, toHostname } from "../config/listening-rules.ts";
import { formatProblem } from "../config/problem.ts";
import { builtin } from "../core/builtin.ts";
import { CcbError, codeOf } from "../core/errors.ts";
import { resolveLanguage, wordsOf } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { FetchInit } from "../core/ports.ts";
import { Secret } from "../core/secret.ts";
import type { Words } from "../core/words/en.ts";
import { createClient } from "./client.ts";
import type { Client } from "./client.ts";
import { EXIT_FAILURE, EXIT_USAGE, systemLanguage } from "./configuration.ts";
import { loadLeniently } from "./lenient.ts";
import * as runtime from "./runtime.ts";
import { createScreen } from "./shown.ts";

/** What a person may say of the server on the command line. */
export interface ServerFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly key?: string | undefined;
}

export interface Connection {
  readonly client: Client;
  readonly config: Config;
  readonly language: Language;
  readonly words: Words;
}

/** The address to call for one that is listened at; null: there is only the socket. */
function baseOf({ host, port, tls }: Config["settings"], named: string | undefined): string | null {
  const wanted = named ?? (host === NO_HOST ? null : host);
  if (wanted === null) return null;
  const reached =
    wanted === "0.0.0.0" || wanted === "*" || wanted === "localhost" ? "127.0.0.1" : wanted === "::" ? "::1" : wanted;
  return `${tls === null ? "http" : "https"}://${toHostname(reached) ?? reached}:${port}`;
}

/**
 * The certificate of the configuration is the server's own, whoever issued it and whatever name it is called under here;
 * any other has to be good by the usual rules.
 */
async function trustOf({ tls, ca_file }: Config["settings"]): Promise<FetchInit["tls"]> {
  if (tls === null) return undefined;
  const own = await readFile(tls.cert, "utf8");
  const { fingerprint256 } = new X509Certificate(own);
  const { checkServerIdentity, rootCertificates } = builtin.tls();
  return {
    ca: [...rootCertificates, own, ...(ca_file === null ? [] : [await readFile(ca_file, "utf8")])],
    allowPartialTrustChain: true,
    checkServerIdentity: (host, certificate) =>
      certificate.fingerprint256 === fingerprint256 ? undefined : checkServerIdentity(host, certificate),
  };
}

/** A client for the server of a configuration; rejects with a CcbError where its certificate cannot be read. */
export async function connectTo(config: Config, flags: ServerFlags, language: Language): Promise<Client> {
  const { settings } = config;
  const base = baseOf(settings, flags.host);
  const key = flags.key ?? runtime.environment["CCB_KEY"] ?? "";
  const tls = await trustOf(settings).catch((cause: unknown) => {
    const reason = codeOf(cause);
    throw new CcbError("server_foreign", (words) => words.commands.certificateUnread({ reason }), { cause });
  });
  return createClient({
    fetch: runtime.realFetch,
    clock: runtime.realClock,
    base,
    key: key === "" ? null : new Secret(key),
    // An address that was typed is meant.
    socket: flags.host === undefined ? settings.socket : null,
    ...(tls === undefined ? {} : { tls }),
    language,
  });
}

const sayProblem = (text: string): void => createScreen(runtime.writeError, false).lines(text);

interface WithServerOptions {
  /** The rest of `config` is not needed: a file that is not good will do where it says where the server is. */
  readonly evenBroken?: boolean;
}

/**
 * Finds the server by flags, environment and file and lets `work` speak to it. Resolves the exit code: that of `work`,
 * 1 with the message where it rejects with a CcbError, 2 where the flags or the configuration are not good.
 */
export async function withServer(
  flags: ServerFlags,
  work: (connection: Connection) => Promise<number>,
  { evenBroken = false }: WithServerOptions = {},
): Promise<number> {
  runtime.tolerateClosedOutput();
  const host = flags.host === undefined ? undefined : normaliseHost(flags.host);
  const key = flags.key ?? runtime.environment["CCB_KEY"] ?? "";
  const early = wordsOf(systemLanguage());
  const wrong =
    host !== undefined && toHostname(host) === null
      ? early.commands.hostBad
      : /^[\x21-\x7e]*$/.test(key)
        ? null
        : early.commands.keyBad;
  if (wrong !== null) {
    sayProblem(early.cli.usageError({ text: wrong }));
    return EXIT_USAGE;
  }
  const { result, broken } = await loadLeniently({ config: flags.config, port: flags.port }, evenBroken);
  if (!result.ok) {
    for (const problem of result.problems) sayProblem(formatProblem(problem, early));
    sayProblem(early.commands.configBad);
    return EXIT_USAGE;
  }
  const { config } = result;
  const language = resolveLanguage(config.settings.language, runtime.locale());
  const words = wordsOf(language);
  if (broken !== null) sayProblem(words.commands.brokenFile({ file: broken }));
  try {
    const client = await connectTo(config, { ...flags, host }, language);
    const code = await work({ client, config, language, words });
    const reason = await runtime.outputEnd();
    if (reason === null) return code;
    sayProblem(words.commands.outputLost({ reason }));
    return EXIT_FAILURE;
  } catch (error) {
    if (!(error instanceof CcbError)) throw error;
    sayProblem(error.say(words));
    // What the server refuses of a request was typed by the person.
    return error.code === "invalid_request" ? EXIT_USAGE : EXIT_FAILURE;
  }
}
