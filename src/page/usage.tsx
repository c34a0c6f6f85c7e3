// What was used: tokens, cache hit rate and cost at API prices, over time, by account or by model.
import { useEffect, useMemo, useState } from "preact/hooks";
import { UsageSchema } from "../http/usage-schema.ts";
import type { UsageView } from "../http/usage-schema.ts";
import { ApiError } from "./api.ts";
import { Chart } from "./chart.tsx";
import { Choice } from "./choice.tsx";
import { Section } from "./section.tsx";
import { useStore } from "./state.ts";
import { sayError, useTools } from "./tools.ts";
import { cacheRateOf, GROUPS, RANGES, tokensOf, toSeries, toSums } from "./usage-series.ts";
import type { Group, Range, Series } from "./usage-series.ts";
import { UsageTable } from "./usage-table.tsx";

const AGAIN_MS = 60_000;

type Loaded = { readonly view: UsageView; readonly range: Range; readonly group: Group } | readonly string[] | null;

/** The usage as ccb has it, asked for again from time to time. */
function useUsage(range: Range, group: Group): Loaded {
  const { api, browser, store, words } = useTools();
  const answers = useStore(store, ({ link, access }) => link.kind === "up" && access === "fine");
  const [loaded, setLoaded] = useState<Loaded>(null);
  useEffect(() => {
    if (!answers) return;
    const controller = new AbortController();
    let cancel = (): void => {};
    async function ask(): Promise<void> {
      const by = `${range === "24h" ? "hour" : "day"},${group}`;
      try {
        const view = await api.get(`/usage?by=${by}&since=${range}`, UsageSchema, controller.signal);
        setLoaded({ view, range, group });
      } catch (error) {
        if (controller.signal.aborted) return;
        if (error instanceof ApiError && error.kind === "refused") setLoaded(sayError(error, words));
      }
      cancel = browser.after(AGAIN_MS, () => void ask());
    }
    void ask();
    return () => {
      controller.abort();
      cancel();
    };
  }, [answers, range, group]);
  return loaded;
}

function Tiles({ view }: { readonly view: UsageView }) {
  const { words, format } = useTools();
  const { page } = words;
  const sums = toSums(view.totals);
  const rate = cacheRateOf(sums);
  const errors =
    sums.requests === 0
      ? format.grouped(0)
      : page.errorRate({ count: format.grouped(sums.errors), percent: format.percent(sums.errors / sums.requests, 1) });
  const tiles = [
    [page.cost, format.money(sums.cost)],
    [page.tokens, format.compact(tokensOf(sums))],
    [page.cacheRate, rate === null ? page.notSaid : format.percent(rate, 1)],
    [page.requests, format.grouped(sums.requests)],
    [page.errors, errors],
  ] as const;
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name} class="card tile">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({ view, range, group }: { readonly view: UsageView; readonly range: Range; readonly group: Group }) {
  const { words, format, preferences, language } = useTools();
  const { page } = words;
  const nameless = group === "account" ? page.noAccount : page.noModel;
  const data = useMemo(() => {
    const { times, series } = toSeries(view, group, { nameless, others: page.others });
    const of = <Value,>(read: (sums: Series["total"]) => Value) => series.map(({ sums }) => sums.map(read));
    return {
      times,
      series,
      places: times.map((time) => (range === "24h" ? format.hour(time) : format.day(time))),
      names: series.map(({ name }) => name),
      cost: of(({ cost }) => cost),
      tokens: of(tokensOf),
      rate: of(cacheRateOf),
    };
  }, [view, group, range, language]);
  const scheme = useScheme();
  const look = `${preferences.get().theme} ${scheme}`;
  const label = (what: string): string => page.chart({ what, by: page.bys[group], range: page.ranges[range] });
  const { places, names } = data;
  const money = (value: number): string => (value >= 1_000 ? `$${format.compact(value)}` : format.money(value));
  const charts = [
    { what: page.cost, values: data.cost, kind: "bars", highest: null, say: money },
    {
      what: page.tokens,
      values: data.tokens,
      kind: "bars",
      highest: null,
      say: (count: number) => format.compact(count),
    },
    { what: page.cacheRate, values: data.rate, kind: "lines", highest: 1, say: (part: number) => format.percent(part) },
  ] as const;
  return (
    <>
      <div class="charts">
        {charts.map(({ what, values, kind, highest, say }) => (
          <figure key={what} class="card chart">
            <figcaption>{what}</figcaption>
            <Chart {...{ label: label(what), places, names, values, kind, highest, say, look }} />
          </figure>
        ))}
      </div>
      <UsageTable times={data.times} series={data.series} hours={range === "24h"} group={group} />
    </>
  );
}

/** The system's own colours, which may change while the page is open. */
function useScheme(): boolean {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = (): void => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return dark;
}

function Notes({ view }: { readonly view: UsageView }) {
  const { words } = useTools();
  const { page } = words;
  const { unpriced_requests: unpriced } = view.totals;
  const notes = [
    page.priced({ date: view.prices_as_of }),
    unpriced > 0 ? page.unpriced({ count: unpriced }) : null,
    view.durable ? null : page.usageMemory,
  ];
  return <p class="dim notes">{notes.filter((note) => note !== null).join(" ")}</p>;
}

export function Usage() {
  const { words } = useTools();
  const { page } = words;
  const [range, setRange] = useState<Range>("7d");
  const [group, setGroup] = useState<Group>("account");
  const loaded = useUsage(range, group);
  const choices = (
    <>
      <Choice
        label={page.by}
        options={GROUPS.map((each) => [each, page.bys[each]])}
        value={group}
        onChoose={setGroup}
      />
      <Choice
        label={page.range}
        options={RANGES.map((each) => [each, page.ranges[each]])}
        value={range}
        onChoose={setRange}
      />
    </>
  );
  return (
    <Section title={page.usage} actions={choices}>
      {loaded === null && <p class="empty">{page.loading}</p>}
      {loaded !== null && !("view" in loaded) && <p class="condition bad">{loaded.join(" ")}</p>}
      {loaded !== null && "view" in loaded && (
        <>
          {!loaded.view.enabled && <p class="condition warn">{page.usageOff}</p>}
          {loaded.view.enabled && <Tiles view={loaded.view} />}
          {loaded.view.enabled && loaded.view.rows.length === 0 && <p class="card empty">{page.usageNone}</p>}
          {loaded.view.rows.length > 0 && <Charts {...loaded} />}
          {loaded.view.enabled && <Notes view={loaded.view} />}
        </>
      )}
    </Section>
  );
}
