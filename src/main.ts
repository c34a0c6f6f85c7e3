// The program: the environment put right first, then the command line.
import "./boot.ts";

// Not above: the first of the two starts ends in boot.ts, and would spend half of its time on reading what it never uses.
await import("./start.ts");
