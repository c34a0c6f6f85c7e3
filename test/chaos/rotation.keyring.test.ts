// SIGKILL at random moments, accounts in a real keyring: `make chaos` runs more rounds than `make test`.
import { expect, test } from "bun:test";
import { killAtRandom, report } from "./_rotation.ts";

const rounds = Number(process.env["CHAOS_ROUNDS"] ?? 12);
const seed = Number(process.env["CHAOS_SEED"] ?? 1);

test("keyring: no account is lost once its reply was read, no statistic older than 10 s, none doubled", async () => {
  const longRounds = Math.ceil(rounds / 30);
  const figures = await killAtRandom({ backend: "keyring", seed, rounds, longRounds });
  console.log(report(`keyring, seed ${seed}`, figures));
  expect(figures.rounds).toBe(rounds + longRounds);
}, 590_000);
