// A property list read back, strictly, and checked against launchd.plist(5) as far as ccb's agent goes.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

type Plist = string | number | boolean | Plist[] | { [key: string]: Plist };

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replaceAll(/&(?:(\w+);)?/g, (_, name: string | undefined) => {
    const known = name === undefined ? undefined : ENTITIES[name];
    if (known === undefined) throw new Error(`a bare & or an unknown entity in ${text}`);
    return known;
  });
}

/** Parses the XML form. Throws on everything that Apple's DTD does not allow. */
export function parsePlist(xml: string): Plist {
  const tokens = [...xml.matchAll(/<[^>]*>|[^<]+/g)]
    .map(([token]) => token)
    .filter((token) => token.trim() !== "" && !/^<[?!]/.test(token));
  const next = (): string => tokens.shift() ?? "";
  function expectToken(token: string): void {
    const found = next();
    if (found !== token) throw new Error(`${token} was expected, ${found} is there`);
  }
  /** The text up to an end tag. */
  function content(end: string): string {
    const text = tokens[0]?.startsWith("<") === true ? "" : next();
    expectToken(end);
    return unescape(text);
  }
  function value(): Plist {
    const token = next();
    if (token === "<true/>") return true;
    if (token === "<false/>") return false;
    if (token === "<string>") return content("</string>");
    if (token === "<integer>") {
      const text = content("</integer>");
      if (!/^-?\d+$/.test(text)) throw new Error(`${text} is no integer`);
      return Number(text);
    }
    if (token === "<array>") {
      const items: Plist[] = [];
      while (tokens[0] !== "</array>") items.push(value());
      next();
      return items;
    }
    if (token !== "<dict>") throw new Error(`no value: ${token}`);
    const entries: [string, Plist][] = [];
    while (tokens[0] !== "</dict>") {
      expectToken("<key>");
      entries.push([content("</key>"), value()]);
    }
    next();
    if (new Set(entries.map(([key]) => key)).size !== entries.length) throw new Error("a key is there twice");
    return Object.fromEntries(entries);
  }
  if (!/^<plist( version="1\.0")?>$/.test(next())) throw new Error("no plist");
  const result = value();
  expectToken("</plist>");
  if (tokens.length > 0) throw new Error("there is more after the end");
  return result;
}

const Path = Type.String({ pattern: "^/" });
const Limits = Type.Partial(
  Type.Object({ Core: Type.Integer(), NumberOfFiles: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
);
const AgentSchema = Type.Object(
  {
    Label: Type.String({ minLength: 1 }),
    ProgramArguments: Type.Array(Type.String(), { minItems: 1 }),
    RunAtLoad: Type.Boolean(),
    KeepAlive: Type.Union([
      Type.Boolean(),
      Type.Object({ SuccessfulExit: Type.Boolean() }, { additionalProperties: false }),
    ]),
    ThrottleInterval: Type.Integer({ minimum: 1 }),
    ExitTimeOut: Type.Integer({ minimum: 1 }),
    ProcessType: Type.Union(["Background", "Standard", "Adaptive", "Interactive"].map((name) => Type.Literal(name))),
    Umask: Type.Integer({ minimum: 0, maximum: 0o777 }),
    HardResourceLimits: Limits,
    SoftResourceLimits: Limits,
    StandardOutPath: Path,
    StandardErrorPath: Path,
    EnvironmentVariables: Type.Optional(Type.Record(Type.String(), Type.String())),
  },
  { additionalProperties: false },
);

/** Throws where a key is unknown, missing or of another type than launchd reads. */
export function assertAgent(agent: unknown): void {
  const [error] = [...Value.Errors(AgentSchema, agent)];
  if (error !== undefined) throw new Error(`${error.path}: ${error.message}`);
  const [program] = Value.Decode(AgentSchema, agent).ProgramArguments;
  if (program?.startsWith("/") !== true) throw new Error("launchd looks for a program by its absolute path alone");
}
