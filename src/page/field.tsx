// A field of a form with its name above it.
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** Shown as dots. */
  readonly hidden?: boolean;
  /** The id of what explains a fault. */
  readonly describedBy?: string;
  readonly autofocus?: boolean;
}

export function Field({ label, value, onInput, hidden = false, describedBy, autofocus = false }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        {...(hidden ? { type: "password" as const } : { type: "text" as const })}
        value={value}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        autofocus={autofocus}
        aria-describedby={describedBy}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}
