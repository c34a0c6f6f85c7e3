// ${NAME} in a text, replaced by the environment's value.

export type Environment = Readonly<Record<string, string | undefined>>;

/** `index`: which `${` of the text it is, from 0. */
type EnvironmentFault =
  | { readonly kind: "unset"; readonly name: string; readonly index: number }
  | { readonly kind: "malformed"; readonly index: number };

interface Expansion {
  readonly text: string;
  readonly changed: boolean;
  readonly faults: readonly EnvironmentFault[];
}

const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

/**
 * Replaces each `${NAME}`; `$${` stands for a literal `${`. An unset or empty variable is a fault, since a missing key
 * must not become an empty one. What a variable holds is taken as it is, never expanded again.
 */
export function expandEnvironment(text: string, environment: Environment): Expansion {
  const faults: EnvironmentFault[] = [];
  let index = -1;
  const expanded = text.replaceAll(REFERENCE, (match: string, name: string | undefined) => {
    index++;
    if (match === "$${") return "${";
    if (name === undefined) {
      faults.push({ kind: "malformed", index });
      return "";
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined || value === "") faults.push({ kind: "unset", name, index });
    return value ?? "";
  });
  return { text: expanded, changed: index >= 0, faults };
}
