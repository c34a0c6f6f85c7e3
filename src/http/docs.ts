// GET /docs and /docs/json: the API reference. The one file that knows the swagger plugin.
import { readFile } from "node:fs/promises";
import { swagger } from "@elysiajs/swagger";
// By its path: the package exports its modules and not this file, which is made for pages without a bundler.
import scalar from "../../node_modules/@scalar/api-reference/dist/browser/standalone.js" with { type: "file" };
import { Elysia } from "elysia";
import { VERSION } from "../core/version.ts";
import { proxyPaths } from "./docs-proxy.ts";

const DOCS_PATH = "/docs";
const SCRIPT_PATH = "/docs/scalar.js";

/** Whatever the page would like to load: nothing comes from another origin. Scalar styles and compiles in place. */
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Without what needs Scalar's own servers. The plugin's types are older than the page's options, hence no literal at the call. */
const scalarConfig = {
  withDefaultFonts: false,
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
};

/** Creates the controller of the reference. Its page loads nothing from another origin: the script comes from the binary. */
export function createDocsRoutes() {
  return new Elysia({ name: "docs" })
    .use(
      swagger({
        path: DOCS_PATH,
        specPath: "/docs/json",
        scalarCDN: SCRIPT_PATH,
        scalarConfig,
        documentation: {
          info: {
            title: "ccb, the Claude Code Balancer",
            version: VERSION,
            description:
              "Signs requests with your own Claude accounts or keys, balances them and relays every byte as it came.",
            license: { name: "MIT" },
          },
          tags: [
            { name: "Claude API", description: "The proxied API" },
            { name: "Sign-in", description: "Accounts of your own" },
            { name: "Providers", description: "What requests are spread over" },
            { name: "Requests", description: "What became of them" },
            { name: "Service", description: "Health" },
          ],
          paths: proxyPaths,
        },
        exclude: [SCRIPT_PATH],
      }),
    )
    .get(SCRIPT_PATH, async () => {
      return new Response(await readFile(scalar), {
        headers: { "content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=86400" },
      });
    });
}
