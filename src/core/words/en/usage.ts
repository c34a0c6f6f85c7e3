// English words about what was used: the file of the sums, and what somebody may ask of it.

export const usageWords = {
  setAside: ({ path, aside }: { path: string; aside: string }): string =>
    `The file of the usage was damaged. It is kept as ${path}/${aside}; a new one is begun.`,
  newer: ({ path }: { path: string }): string =>
    `${path} was written by a newer ccb. This one leaves it as it is and counts usage in memory only. ` +
    "Start the newer ccb, or move the file away.",
  foreign: ({ path }: { path: string }): string =>
    `${path}, or its folder, is not this user's alone, or is a link. Usage is counted in memory only. ` +
    "Folder and file must belong to the user ccb runs as and be closed to others: `chmod 700` and `chmod 600`.",
  unwritable: ({ path }: { path: string }): string =>
    `Usage cannot be written to ${path}: its disk is full, it is read-only, or another program holds it. ` +
    "It is counted in memory, and ccb keeps trying. Make room and see that the folder is writable.",
  back: "Usage is written to its file again.",
  badBy: ({ names }: { names: readonly string[] }): string =>
    `by must be some of these, each once, separated by commas: ${names.join(", ")}. For example: by=day,model.`,
  badMoment: ({ name }: { name: string }): string =>
    `${name} must be a date (2026-01-31), a time (2026-01-31T14:00), Unix seconds, or an age such as 7d or 24h.`,
  twice: ({ name }: { name: string }): string => `${name} may be there once.`,
  backwards: "until must not be before since.",
  badFormat: "format must be json or csv.",
  tooMuch: "That would be more than 50,000 lines. Ask for a shorter time, or by fewer things.",
};
