// The program: the environment put right first, then the command line.
import "./boot.ts";

// By an address that the bundler does not follow, so that it is a bundle of its own: the first of the two starts ends
// in boot.ts, and would spend half of its time on reading what it never uses.
const compiled = /\$bunfs|~BUN/.test(import.meta.url);
await import(new URL(compiled ? "./start.js" : "./start.ts", import.meta.url).href);
