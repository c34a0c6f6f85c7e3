// Under which name a keyring files the entries of one instance of one person.

/** Percent-encodes what is neither letter, digit nor one of `-._`: no two inputs give one output. */
export function encodeName(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What `encodeName` made a name of; null: it did not. */
export function decodeName(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

/**
 * `claude-code-balancer:alice`: `setting` names the instance (`settings.oauth.service_name`), `osUser` the person, so
 * that several people on one machine, whose keyring may be one (a shared daemon, a service account), keep apart.
 * Printable ASCII whatever comes in.
 */
export function serviceName(setting: string, osUser: string): string {
  return `${encodeName(setting)}:${encodeName(osUser)}`;
}
