// GET /docs and /docs/json: the API reference. The one file that knows the swagger plugin.
import { readFile } from "node:fs/promises";
import { swagger } from "@elysiajs/swagger";
// By its path: the package exports its modules and not this file, which is made for pages without a bundler.
import scalar from "../../node_modules/@scalar/api-reference/dist/browser/standalone.js" with { type: "file" };
import { Elysia } from "elysia";
import { VERSION } from "../core/version.ts";

const SCRIPT_PATH = "/docs/scalar.js";

/** Creates the controller of the reference. Its page loads nothing from another origin: the script comes from the binary. */
export function createDocsRoutes() {
  return new Elysia({ name: "docs" })
    .use(
      swagger({
        path: "/docs",
        specPath: "/docs/json",
        scalarCDN: SCRIPT_PATH,
        scalarConfig: { withDefaultFonts: false },
        documentation: {
          info: {
            title: "ccb, the Claude Code Balancer",
            version: VERSION,
            description: "Signs requests with your own Claude accounts or keys, balances them and relays every byte as it came.",
            license: { name: "MIT" },
          },
          tags: [
            { name: "Claude API", description: "The proxied API" },
            { name: "Sign-in", description: "Accounts of your own" },
            { name: "Service", description: "Health and providers" },
          ],
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
