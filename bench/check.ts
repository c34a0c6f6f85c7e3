// Requests that are looked at byte by byte, before the load, which itself looks at status and length.
import { createHash } from "node:crypto";
import type { Expected } from "./replies.ts";
import { bigBody, PATH, REQUEST_HEADERS, smallBody } from "./requests.ts";

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** `kind`: what the upstream is asked to do. */
async function ask(url: string, body: string, kind?: string): Promise<Response> {
  const more = kind === undefined ? {} : { "x-bench": kind };
  return await fetch(`${url}${PATH}`, { method: "POST", headers: { ...REQUEST_HEADERS, ...more }, body });
}

/** Rejects when a small reply, or a large body on its way to the upstream, is not what it should be. */
export async function checkBytes(url: string, expected: Expected): Promise<void> {
  const small = await ask(url, smallBody(false));
  if (small.status !== 200 || sha256(await small.bytes()) !== expected.small)
    throw new Error(`${url}: a small reply arrived with other bytes (status ${small.status})`);
  const body = bigBody();
  const arrived = await ask(url, body, "sum");
  if (!(await arrived.text()).includes(sha256(body)))
    throw new Error(`${url}: a body of ${body.length} characters arrived with other bytes (status ${arrived.status})`);
}

/** Polls until a request is answered with 200; gives the time of that answer. Rejects after 10 s. */
export async function firstAnswer(url: string): Promise<number> {
  const body = smallBody(false);
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      const response = await fetch(`${url}${PATH}`, {
        method: "POST",
        headers: REQUEST_HEADERS,
        body,
        keepalive: false,
      });
      await response.arrayBuffer();
      if (response.status === 200) return performance.now();
    } catch {
      // Not listening yet.
    }
    if (performance.now() > deadline) throw new Error(`${url} did not serve within 10 s`);
    await Bun.sleep(1);
  }
}
