// Bundles the page that ccb shows. A macro: it runs while the program is compiled, or at the page's first request where
// it runs from source, so there is no file that could be missing or out of date.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "..", "src", "page");

interface PageBundle {
  readonly script: string;
  readonly style: string;
}

/** Script and style sheet of the page, minified. Throws with the bundler's own words. */
export function bundlePage(): PageBundle {
  const folder = mkdtempSync(join(tmpdir(), "ccb-page-"));
  try {
    // A process of its own: the bundler waits for a macro and cannot bundle meanwhile.
    const run = Bun.spawnSync(
      [
        process.execPath,
        "build",
        "./main.tsx",
        "--target=browser",
        "--production",
        "--entry-naming=app.[ext]",
        `--outdir=${folder}`,
      ],
      { cwd: SOURCE, stdout: "ignore", stderr: "pipe", env: { ...process.env, NODE_ENV: "production" } },
    );
    if (run.exitCode !== 0) throw new Error(`the page could not be bundled\n${run.stderr.toString()}`);
    return {
      script: readFileSync(join(folder, "app.js"), "utf8"),
      style: readFileSync(join(folder, "app.css"), "utf8"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
