// Modules of the platform that few runs need. A bundle evaluates what is imported before anything else, whoever it is for,
// and these together take as long as the rest of the start: they are loaded when they are asked for.

export const builtin = {
  childProcess: () => process.getBuiltinModule("node:child_process"),
  crypto: () => process.getBuiltinModule("node:crypto"),
  http: () => process.getBuiltinModule("node:http"),
  net: () => process.getBuiltinModule("node:net"),
  readline: () => process.getBuiltinModule("node:readline"),
  /** The Web Cryptography API: no module at all. */
  subtle: () => crypto.subtle,
  tls: () => process.getBuiltinModule("node:tls"),
  zlib: () => process.getBuiltinModule("node:zlib"),
} as const;
