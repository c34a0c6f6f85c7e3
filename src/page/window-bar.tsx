// How much of a limit's window is used, and when it begins anew.
import { useTools } from "./tools.ts";
import type { Target } from "./state.ts";

type Window = Target["windows"][number];

interface WindowBarProps {
  /** null: the upstream has not told yet. */
  readonly window: Window | null;
  readonly label: string;
  /** This much is left to the owner, 0 to 100. */
  readonly reservePercent: number;
  /** Milliseconds. */
  readonly now: number;
}

const toneOf = (used: number): string => (used >= 0.95 ? "bad" : used >= 0.75 ? "warn" : "good");

export function WindowBar({ window, label, reservePercent, now }: WindowBarProps) {
  const { words, format } = useTools();
  const { page } = words;
  const used = window?.utilization ?? null;
  const said = used === null ? page.unknownUse : page.used({ percent: format.percent(used) });
  const resets =
    window === null || window.resets_at === null
      ? null
      : page.resets({ when: format.ahead(window.resets_at, now / 1000) });
  const shown = Math.min(100, Math.round((used ?? 0) * 100));
  return (
    <div class="window">
      <div class="window-text">
        <span class="window-name">{label}</span>
        <span class="window-used">{said}</span>
        <span class="window-reset">{resets}</span>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={shown}
        aria-valuetext={[said, resets].filter((part) => part !== null).join(", ")}
      >
        <span class={`bar-fill ${toneOf(used ?? 0)}`} style={{ width: `${shown}%` }} />
        {reservePercent > 0 && (
          <span
            class="bar-reserve"
            style={{ width: `${reservePercent}%` }}
            title={page.reserve({ percent: format.percent(reservePercent / 100) })}
          />
        )}
      </div>
    </div>
  );
}
