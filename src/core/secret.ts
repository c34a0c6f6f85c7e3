// Secrets are wrapped where they enter, so that printing, logging or serialising one by accident shows nothing.

const HIDDEN = "[secret]";

/** A text that must not be seen. Only `reveal()` gives it, at the place that sends or stores it. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Call it in the expression that needs it; do not keep the result. */
  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  get [Symbol.toStringTag](): string {
    return HIDDEN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return HIDDEN;
  }
}
