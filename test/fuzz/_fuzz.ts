// What the fuzz tests share: how many cases, from which seed, and whether a generator reaches what it is meant to reach.
import { afterAll, beforeAll, test } from "bun:test";
import * as fc from "fast-check";

/** Of each property, or of all of a subject where its cases are slow; `make fuzz` asks for 100,000. */
const CASES = wholeNumber("FUZZ_CASES") ?? 1_000;
/** The same seed gives the same cases; without one of its own it is that of the run. */
const SEED = wholeNumber("FUZZ_SEED") ?? wholeNumber("PROPERTY_SEED") ?? Math.floor(Math.random() * 0x7fff_ffff);
/** 100,000 cases of the slowest property take about a minute on one core. */
const TIMEOUT_MS = 590_000;
/** So many standard deviations below its share no count of cases comes by chance. */
const SLACK = 5;

function wholeNumber(name: string): number | null {
  const text = process.env[name];
  if (text === undefined || text === "") return null;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} takes a whole number`);
  return Number(text);
}

/** Notes that a case got to a place. */
type Reach = (place: string) => void;

interface Property<T> {
  readonly values: fc.Arbitrary<T>;
  /** Throws where the value disproves the property. */
  readonly check: (value: T, reach: Reach) => void | Promise<void>;
  /** Places, each with the least share of the cases (0 to 1) that has to get there: a generator that stays at the door proves nothing. */
  readonly reaches?: Readonly<Record<string, number>>;
  /** Of the cases, 0 to 1; default 1. */
  readonly share?: number;
}

export type Subject = <T>(name: string, property: Property<T>) => void;

/** Declares the properties of a subject, each a test; says at the end how many cases there were. */
export function subject(name: string): Subject {
  let cases = 0;
  let properties = 0;
  let began = 0;
  beforeAll(() => {
    began = performance.now();
  });
  afterAll(() => {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `fuzz ${name}: ${cases} cases in ${properties} properties, ${seconds} s (again with FUZZ_SEED=${SEED})`,
    );
  });
  return (title, { values, check, reaches = {}, share: ofCases = 1 }) => {
    test(
      title,
      async () => {
        const reached = new Map<string, number>();
        const reach: Reach = (place) => void reached.set(place, (reached.get(place) ?? 0) + 1);
        let ran = 0;
        const property = fc.asyncProperty(values, async (value) => {
          ran += 1;
          const checking = check(value, reach);
          // Most checks are done by now: no turn of the event loop for them.
          if (checking !== undefined) await checking;
        });
        await fc.assert(property, { numRuns: Math.ceil(CASES * ofCases), seed: SEED });
        cases += ran;
        properties += 1;
        for (const [place, share] of Object.entries(reaches)) {
          const times = reached.get(place) ?? 0;
          const expected = share * ran;
          if (times < expected - SLACK * Math.sqrt(expected))
            throw new Error(`only ${times} of ${ran} cases got to: ${place}`);
        }
      },
      TIMEOUT_MS,
    );
  };
}

/** An assertion of a hundred thousand cases: `expect` costs more than most of what is tested here. */
export function must(holds: boolean, what: string, ...evidence: readonly unknown[]): asserts holds {
  if (!holds) throw new Error([what, ...evidence.map((part) => Bun.inspect(part, { depth: 6 }))].join("\n"));
}
