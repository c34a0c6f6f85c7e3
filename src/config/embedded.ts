// The default configuration: the repository's own providers.yaml, bundled at build time.
import text from "../../providers.yaml" with { type: "text" };

export const EMBEDDED_CONFIG: string = text;
