// What the page consists of, bundled: in the binary since it was compiled, from source when this file is first loaded.
import { bundlePage } from "../../.ci/bundle-page.ts" with { type: "macro" };

export const PAGE_BUNDLE = bundlePage();
