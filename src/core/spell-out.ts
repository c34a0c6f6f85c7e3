// Text from outside, made fit for a terminal.

/** Each code unit as `\uXXXX`, which JSON reads back. */
const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");

/**
 * Spells out every character that a terminal would obey instead of show: control codes, line breaks, changes of
 * direction. JSON text on one line stays the same value.
 */
export const spellOut = (text: string): string => text.replaceAll(/[\p{C}\u2028\u2029]/gu, escaped);
