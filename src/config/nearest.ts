// The nearest valid key to a mistyped one.

/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((row[j - 1] ?? 0) + 1, (above[j] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/** The candidate that `name` was most likely meant to be, or null if none is near; case, hyphens and underscores count for nothing. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (name.length > 64) return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const [from, to] = [plain(name), plain(candidate)];
    const steps = distance(from, to);
    if (steps <= Math.max(1, Math.floor(Math.max(from.length, to.length) / 3)) && steps < bestDistance) {
      best = candidate;
      bestDistance = steps;
    }
  }
  return best;
}
