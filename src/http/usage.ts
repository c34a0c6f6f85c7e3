// GET /usage: what was used, as JSON or CSV.
import { Elysia } from "elysia";
import type { AccountStore } from "../account/store.ts";
import { CcbError } from "../core/errors.ts";
import { FIGURES } from "../usage/figures.ts";
import type { Dimension } from "../usage/figures.ts";
import type { ReportRow } from "../usage/report.ts";
import type { Usage, UsageAnswer } from "../usage/usage.ts";
import { toCsv } from "./csv.ts";
import { usageDocs } from "./docs-usage.ts";
import type { UsageRowView, UsageView } from "./usage-schema.ts";

const COST = ["cost_usd", "unpriced_requests"] as const;

/** What a query asks for, or else the Accept header. Throws `invalid_request`. */
function wantsCsv(query: URLSearchParams, accept: string | null): boolean {
  const format = query.get("format");
  if (format === "csv" || format === "json") return format === "csv";
  if (format !== null) throw new CcbError("invalid_request", (words) => words.usage.badFormat);
  const types = (accept ?? "").split(",").map((type) => type.split(";", 1)[0]?.trim().toLowerCase());
  return types.includes("text/csv") && !types.includes("application/json");
}

function toRow(
  { of, ...figures }: ReportRow,
  by: readonly Dimension[],
  nameOf: (account: string) => string | undefined,
): UsageRowView {
  const nullable = (text: string): string | null => (text === "" ? null : text);
  const name = nameOf(of.account);
  return {
    ...(by.includes("hour") ? { hour: of.hour } : {}),
    ...(by.includes("day") ? { day: of.day } : {}),
    ...(by.includes("account") ? { account: nullable(of.account) } : {}),
    ...(by.includes("account") && name !== undefined ? { account_email: name } : {}),
    ...(by.includes("provider") ? { provider: nullable(of.provider) } : {}),
    ...(by.includes("model") ? { model: nullable(of.model) } : {}),
    ...(by.includes("key") ? { key: nullable(of.key) } : {}),
    ...figures,
  };
}

function toView(answer: UsageAnswer, store: Pick<AccountStore, "all">): UsageView {
  const names = new Map(store.all().map(({ id, name }) => [id, name]));
  const { enabled, durable, since, until, by, pricesAsOf, rows, totals } = answer;
  return {
    enabled,
    durable,
    since,
    until,
    by: [...by],
    prices_as_of: pricesAsOf,
    rows: rows.map((row) => toRow(row, by, (account) => names.get(account))),
    totals,
  };
}

function toCsvResponse({ by, rows }: UsageView): Response {
  const names = by.flatMap((name) => (name === "account" ? ["account", "account_email"] : [name]));
  const figures = FIGURES.filter((name) => name !== "counted");
  return new Response(toCsv([...names, ...figures, ...COST], rows), {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="ccb-usage.csv"',
    },
  });
}

export interface UsageRouteDeps {
  readonly usage: Pick<Usage, "answer">;
  readonly store: Pick<AccountStore, "all">;
}

/** Creates the controller of the usage. */
export function createUsageRoutes({ usage, store }: UsageRouteDeps) {
  return new Elysia({ name: "usage" }).get(
    "/usage",
    ({ request }): UsageView | Response => {
      const { searchParams } = new URL(request.url);
      const csv = wantsCsv(searchParams, request.headers.get("accept"));
      const view = toView(usage.answer(searchParams), store);
      return csv ? toCsvResponse(view) : view;
    },
    { detail: usageDocs },
  );
}
