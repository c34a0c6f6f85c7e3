// What a person does with an official SDK, as values that can be compared: once direct, once through ccb.
import type Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { betaTool as betaTool0 } from "anthropic-sdk-0/helpers/beta/json-schema";
import Anthropic0 from "anthropic-sdk-0";
import Anthropic1 from "@anthropic-ai/sdk";

export interface Sdk {
  readonly name: string;
  readonly Client: typeof Anthropic;
  readonly tool: typeof betaTool;
}

/** The types of the two packages are nominally apart. */
const Client0: unknown = Anthropic0;
const tool0: unknown = betaTool0;

/** The two generations; their public shapes are alike in all that is used here. */
/* oxlint-disable typescript/no-unsafe-type-assertion */
export const SDKS: readonly Sdk[] = [
  { name: "1.x", Client: Anthropic1, tool: betaTool },
  { name: "0.x", Client: Client0 as typeof Anthropic, tool: tool0 as typeof betaTool },
];
/* oxlint-enable typescript/no-unsafe-type-assertion */

const PROMPT = {
  model: "claude-opus-5",
  max_tokens: 64,
  messages: [{ role: "user" as const, content: "What is the weather in Zürich?" }],
};

/** Ids of the scripted upstream count up: two runs differ in them alone. */
const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null).replaceAll(/_scripted\d+/g, "_scripted"));

/** What a failure is to a program: its class, status, message and what came with it. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const told = ["status", "error", "requestID", "type"].map((name) => [name, Reflect.get(error, name)]);
  return withoutIds({ class: error.constructor.name, message: error.message, ...Object.fromEntries(told) });
}

/** Every kind of call, by name. Each resolves with something to compare. */
export const CALLS: Readonly<Record<string, (client: Anthropic, sdk: Sdk) => Promise<unknown>>> = {
  create: async (client) => withoutIds(await client.messages.create(PROMPT)),

  "create, with the reply's headers": async (client) => {
    const { data, request_id, response } = await client.messages.create(PROMPT).withResponse();
    return withoutIds([data, request_id, response.status, response.headers.get("content-type")]);
  },

  "create, as a stream": async (client) => {
    const events: unknown[] = [];
    for await (const event of await client.messages.create({ ...PROMPT, stream: true })) events.push(event);
    return withoutIds(events);
  },

  "stream, with its helpers": async (client) => {
    const texts: string[] = [];
    const stream = client.messages.stream(PROMPT).on("text", (text) => void texts.push(text));
    return withoutIds([await stream.finalMessage(), texts]);
  },

  "a tool, answered by hand": async (client) => {
    const tools = [
      {
        name: "weather",
        description: "The weather",
        input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
      },
    ];
    const first = await client.messages.create({ ...PROMPT, tools });
    const asked = first.content.find((block) => block.type === "tool_use");
    if (asked?.type !== "tool_use") throw new Error("no tool was asked for");
    const second = await client.messages.create({
      ...PROMPT,
      tools,
      messages: [
        ...PROMPT.messages,
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: asked.id, content: "sunny" }] },
      ],
    });
    return withoutIds([first, second]);
  },

  ...Object.fromEntries(
    [false, true].map((stream) => [
      `the tool runner, ${stream ? "streaming" : "whole"}`,
      async (client: Anthropic, { tool }: Sdk) => {
        const asked: unknown[] = [];
        const weather = tool({
          name: "weather",
          description: "The weather",
          inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          run: (input) => {
            asked.push(input);
            return "sunny";
          },
        });
        const runner = client.beta.messages.toolRunner({ ...PROMPT, tools: [weather], stream } as Parameters<
          typeof client.beta.messages.toolRunner
        >[0]);
        return withoutIds([await runner.runUntilDone(), asked]);
      },
    ]),
  ),

  "models.list": async (client) => {
    const models: unknown[] = [];
    for await (const model of client.models.list()) models.push(model);
    return models;
  },

  "models.retrieve": async (client) => await client.models.retrieve("claude-opus-5"),

  countTokens: async (client) => await client.messages.countTokens({ model: PROMPT.model, messages: PROMPT.messages }),
};
