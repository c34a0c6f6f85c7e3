// Whether what is written is coloured: on a terminal that shows colours, unless the person wants none (no-color.org).
import * as runtime from "./runtime.ts";

/** terminfo's name for a terminal that knows no sequences: an editor's shell buffer, say. */
const showsColours = (): boolean => runtime.environment["TERM"] !== "dumb";

export const colouredOutput = (): boolean => runtime.outputIsTerminal() && showsColours();
export const colouredError = (): boolean => runtime.errorIsTerminal() && showsColours();
