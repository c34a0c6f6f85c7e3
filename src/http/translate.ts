// Errors into replies, in the language of who asked; what ccb did not expect is noted.
import { codeOf } from "../core/errors.ts";
import { acceptedLanguage } from "../core/language.ts";
import type { Language } from "../core/language.ts";
import type { Log } from "../core/ports.ts";
import { toErrorResponse } from "./errors.ts";
import { pathOf } from "./proxy.ts";

export interface Translator {
  /** What the request asks for, else the console's. */
  readonly languageOf: (request: Request) => Language;
  /** `id`: the request's, where it has one already. */
  readonly toResponse: (error: unknown, request: Request, id?: string) => Response;
}

/** Creates the translator. `language`: for requests that ask for none. */
export function createTranslator(language: Language, newId: () => string, log: Log): Translator {
  const languageOf = (request: Request): Language => acceptedLanguage(request.headers.get("accept-language"), language);
  return {
    languageOf,
    toResponse(error, request, id = newId()) {
      const response = toErrorResponse(error, languageOf(request), id);
      if (response.status === 500) log.error("internal_error", { id, path: pathOf(request.url), error: codeOf(error) });
      return response;
    },
  };
}
