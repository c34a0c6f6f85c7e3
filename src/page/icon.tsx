// The page's icons: drawn lines, no words. Whatever shows one says its name itself.

const SHAPES = {
  plus: "M8 3v10M3 8h10",
  refresh: "M13.5 3v3.5H10M13 6.5A5.5 5.5 0 1 0 13.5 9",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6l7.5-4.8z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6l4 4 4-4",
  key: "M6 10a3 3 0 1 1 2.6-1.5L14 14M11.5 11.5L13 10",
  warn: "M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 11.6v.2",
  out: "M9 3h4v4M13 3L7 9M11 9.5V13H3V5h3.5",
  power: "M8 2.5v5M4.8 4.6a5 5 0 1 0 6.4 0",
  book: "M3 3.5h4a1.5 1.5 0 0 1 1 .5 1.5 1.5 0 0 1 1-.5h4v9H9a1.5 1.5 0 0 0-1 .5 1.5 1.5 0 0 0-1-.5H3zM8 4v9",
} as const;

export function Icon({ name }: { readonly name: keyof typeof SHAPES }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  );
}
