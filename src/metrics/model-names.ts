// The models that are worth a label of their own: clients make names up, and each would be a series for ever.

const MOST = 50;
const OTHER = "other";

export interface ModelNames {
  /** The label of a model that an upstream has served. The first fifty have one of their own. */
  served(model: string): string;
  /** The label of a model of which nothing is known to have been served. */
  label(model: string): string;
}

export function createModelNames(): ModelNames {
  const labels = new Map<string, string>();
  return {
    served(model) {
      const known = labels.get(model);
      if (known !== undefined) return known;
      if (labels.size >= MOST) return OTHER;
      // Halves of surrogate pairs all become the same character: two series of one name spoil the whole answer.
      const label = model.toWellFormed();
      if (label !== model) return OTHER;
      labels.set(model, label);
      return label;
    },
    label: (model) => labels.get(model) ?? OTHER,
  };
}
