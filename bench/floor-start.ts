// The floor of the start: the relay of floor.ts, started as ccb has to start. Its environment is put right by the same second
// start, and its upstream stands in a file of YAML that is checked before it is believed.
// floor-start CONFIG PORT
import "../src/boot.ts";

// Only in the second start, as ccb does it.
await import("./floor-configured.ts");
