// Parameters that several words share.

export interface LoginInstruction {
  /** The authorization URL. */
  readonly url: string;
  /** Where the code goes: ccb's own address and port in force. */
  readonly exchangeUrl: string;
}
