// A chart over time: bars on top of each other, or lines. The one file that knows uPlot.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { stack } from "./usage-series.ts";

export interface ChartProps {
  /** Says what is to be seen, for those who do not see it. */
  readonly label: string;
  /** What each place is called, from left to right. */
  readonly places: readonly string[];
  readonly names: readonly string[];
  /** By series, then by place; null: nothing to be told. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly kind: "bars" | "lines";
  /** Of the axis; null: as the values want it. */
  readonly highest: number | null;
  readonly say: (value: number) => string;
  /** Changes when colours do. */
  readonly look: string;
}

const NUMBER_OF_COLOURS = 6;

const sizeOf = ({ clientWidth, clientHeight }: Element) => ({
  width: Math.max(120, clientWidth),
  height: Math.max(80, clientHeight),
});
const colourName = (index: number): string => `--series-${(index % NUMBER_OF_COLOURS) + 1}`;

function options(
  { places, names, kind, highest, say }: ChartProps,
  size: { readonly width: number; readonly height: number },
  colourOf: (name: string) => string,
  onCursor: (place: number | null) => void,
): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.72, 36], radius: 0.15 });
  const axis = { stroke: colourOf("--text-dim"), font: "11px system-ui, sans-serif", ticks: { show: false } };
  const step = Math.max(1, Math.ceil(places.length / Math.max(1, Math.floor(size.width / 64))));
  const series = names.map((name, index): uPlot.Series => {
    const colour = colourOf(colourName(index));
    const common = { label: name, stroke: colour, points: { show: kind === "lines" && places.length < 10, size: 5 } };
    if (kind === "lines") return { ...common, width: 2, spanGaps: true };
    return { ...common, fill: colour, width: 0, ...(bars === undefined ? {} : { paths: bars }) };
  });
  return {
    ...size,
    legend: { show: false },
    padding: [8, 14, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: kind === "lines" } },
    scales: {
      x: { time: false, range: [-0.6, places.length - 0.4] },
      y: { range: (_, __, top) => [0, highest ?? (top > 0 ? top * 1.06 : 1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        splits: () => places.map((_, index) => index).filter((index) => (places.length - 1 - index) % step === 0),
        values: (_, splits) => splits.map((index) => places[index] ?? ""),
      },
      {
        ...axis,
        grid: { stroke: colourOf("--line"), width: 1 },
        size: 52,
        space: 36,
        values: (_, splits) => splits.map((value) => say(value)),
      },
    ],
    series: [{}, ...(kind === "bars" ? series.toReversed() : series)],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
}

export function Chart(props: ChartProps) {
  const { label, places, names, values, kind, say, look } = props;
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<number | null>(null);

  useEffect(() => {
    const parent = element.current;
    if (parent === null) return;
    // A canvas knows no custom properties: the browser works out what each comes to.
    const colourOf = (name: string): string => {
      parent.style.color = `var(${name})`;
      const { color } = getComputedStyle(parent);
      parent.style.color = "";
      return color;
    };
    const lines =
      kind === "bars"
        ? // The tallest is drawn first, so that each shows what it adds.
          stack(values.map((line) => line.map((value) => value ?? 0))).toReversed()
        : values;
    const data: uPlot.AlignedData = [places.map((_, index) => index), ...lines.map((line) => [...line])];
    const chart = new uPlot(options(props, sizeOf(parent), colourOf, setPlace), data, parent);
    const observer = new ResizeObserver(() => {
      const size = sizeOf(parent);
      if (size.width !== chart.width || size.height !== chart.height) chart.setSize(size);
    });
    observer.observe(parent);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [places, names, values, kind, look]);

  const at = place === null ? undefined : places[place];
  return (
    <>
      <div ref={element} class="plot" role="img" aria-label={label} />
      <ul class="legend">
        {names.map((name, index) => {
          const value = place === null ? null : (values[index]?.[place] ?? null);
          return (
            <li key={name}>
              <span class={`swatch series-${(index % NUMBER_OF_COLOURS) + 1}`} />
              <span class="legend-name">{name}</span>
              {value !== null && <span class="legend-value">{say(value)}</span>}
            </li>
          );
        })}
        {at !== undefined && <li class="legend-at">{at}</li>}
      </ul>
    </>
  );
}
