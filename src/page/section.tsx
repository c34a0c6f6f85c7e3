// A part of the page with its heading and what can be done with the whole of it.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface SectionProps {
  readonly title: string;
  /** How many there are; null: not shown. */
  readonly count?: number | null;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ title, count = null, actions, children }: SectionProps) {
  const heading = useId();
  return (
    <section class="section" aria-labelledby={heading}>
      <div class="section-head">
        <h2 id={heading}>
          {title}
          {count !== null && <span class="count">{count}</span>}
        </h2>
        <div class="section-actions">{actions}</div>
      </div>
      {children}
    </section>
  );
}
