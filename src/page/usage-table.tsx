// The figures behind the charts as text, for those who do not see them and those who want to know exactly.
import { useTools } from "./tools.ts";
import { cacheRateOf, tokensOf } from "./usage-series.ts";
import type { Group, Series } from "./usage-series.ts";

interface UsageTableProps {
  /** Unix milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** The times are hours, not days. */
  readonly hours: boolean;
  readonly group: Group;
}

export function UsageTable({ times, series, hours, group }: UsageTableProps) {
  const { words, format } = useTools();
  const { page } = words;
  const lines = times
    .flatMap((time, place) =>
      series.flatMap(({ name, sums }) => {
        const sum = sums[place];
        return sum === undefined || sum.requests === 0 ? [] : [{ time, name, sum }];
      }),
    )
    .toReversed();
  return (
    <details class="fold">
      <summary>{page.asTable}</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={page.asTable}>
        <table>
          <thead>
            <tr>
              <th scope="col">{page.when}</th>
              <th scope="col">{page.bys[group]}</th>
              <th scope="col">{page.cost}</th>
              <th scope="col">{page.tokens}</th>
              <th scope="col">{page.cacheRate}</th>
              <th scope="col">{page.requests}</th>
              <th scope="col">{page.errors}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ time, name, sum }) => {
              const rate = cacheRateOf(sum);
              return (
                <tr key={`${time} ${name}`}>
                  <td>{hours ? `${format.day(time)} ${format.hour(time)}` : format.day(time)}</td>
                  <th scope="row">{name}</th>
                  <td>{format.money(sum.cost)}</td>
                  <td>{format.grouped(tokensOf(sum))}</td>
                  <td>{rate === null ? page.notSaid : format.percent(rate, 1)}</td>
                  <td>{format.grouped(sum.requests)}</td>
                  <td>{format.grouped(sum.errors)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
}
