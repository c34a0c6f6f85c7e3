// Parameters that several words share.

export interface LoginInstruction {
  /** The authorization URL. */
  readonly url: string;
  /** Where the code goes: ccb's own address and port in force. */
  readonly exchangeUrl: string;
}

export interface DamagedWords {
  /** The name of what was stored. */
  readonly entry: string;
  readonly damage: "corrupt" | "future" | "missing" | "ambiguous" | "wrong_key" | "foreign";
  /** Where it was put out of the way; null: it is where it was. */
  readonly file: string | null;
}
