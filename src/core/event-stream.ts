// Reads server-sent events (WHATWG HTML §9.2.6): as much of them as ccb's own server sends.

/** What a line too many would fill the memory with, characters. */
const LONGEST_EVENT = 4 * 1024 * 1024;

/** The `data` of each event of that name, as it comes; null for anything else that shows that the server is there. */
export async function* readEvents(body: ReadableStream<Uint8Array>, name: string): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  // Not every browser iterates over a stream.
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      rest += decoder.decode(read.value, { stream: true });
      if (rest.length > LONGEST_EVENT) throw new Error("an event has no end");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.map((text) => text.replace(/\r$/, ""))) {
        if (line === "") {
          if (event === name && data.length > 0) yield data.join("\n");
          event = "";
          data = [];
        } else if (line.startsWith("event:")) event = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
      yield null;
    }
  } finally {
    // Whoever stops listening ends the stream; one that has failed has ended.
    reader.cancel().catch(() => {});
  }
}
