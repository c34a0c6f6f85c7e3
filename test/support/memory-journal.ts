// A journal in memory that outlives a killed program of a test.
import type { Journal } from "../../src/vault/journal.ts";

export interface MemoryJournal extends Journal {
  /** What was noted and not settled. */
  readonly values: Map<string, string>;
}

export function createMemoryJournal(initial: Readonly<Record<string, string>> = {}): MemoryJournal {
  const values = new Map(Object.entries(initial));
  let open = false;
  return {
    values,
    async open() {
      open = true;
      return new Map(values);
    },
    note(name, value) {
      if (open) values.set(name, value);
      return open;
    },
    settle(name, value) {
      // As the real one: before it was opened it knows of no record.
      if (!open) return;
      if (value === null || values.get(name) === value) values.delete(name);
    },
  };
}
