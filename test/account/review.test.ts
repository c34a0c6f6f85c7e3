// Found in review: tokens that were said to be kept and were not, and a full keyring that hid its accounts.
import { expect, test } from "bun:test";
import { identity } from "../support/oauth-server.ts";
import { createScriptedVault } from "../support/scripted-vault.ts";
import { advanceUntil, createWorld, eventually } from "../support/world.ts";

test("a refresh that waits for a slow keyring is not overtaken by what memory had before, when it opens", async () => {
  const person = identity("a@example.com");
  const vault = createScriptedVault();
  await using first = await createWorld({ vault });
  await first.signIn(person);
  await first.app.stop();
  const again = createScriptedVault(Object.fromEntries(vault.values));
  again.mode("hang");
  await using world = await createWorld({ vault: again, after: first });
  let answered = false;
  const signedIn = world.signIn(person).finally(() => {
    answered = true;
  });
  await eventually("the exchange", () => world.oauth.exchanges === 2);
  await advanceUntil(world, 10_000, () => answered);
  expect((await signedIn).body.durable).toBe(false);
  const refreshed = world.json("/oauth/refresh/a%40example.com", { method: "POST" });
  await eventually("the refresh", () => world.oauth.refreshes === 1);
  await Bun.sleep(20);
  again.mode("open");
  expect((await refreshed).body).toMatchObject({ status: "success", durable: true });
  const entry = [...again.values.keys()].find((name) => name.startsWith("account:")) ?? "";
  const fresh = world.app.store.all()[0]?.tokens.access.reveal() ?? "none";
  expect(again.json(entry).access_token).toBe(fresh);
});

for (const fault of ["full", "failed"] as const) {
  test(`a keyring that cannot write at start (${fault}) still shows its accounts`, async () => {
    const vault = createScriptedVault();
    await using first = await createWorld({ vault });
    await first.signIn(identity("a@example.com"));
    await first.app.stop();
    const again = createScriptedVault(Object.fromEntries(vault.values));
    again.entryMode("", fault); // the probe has no name
    await using world = await createWorld({ vault: again, after: first });
    expect((await world.message()).status).toBe(200);
    expect((await world.json("/health")).body.persistence.durable).toBe(false);
    again.entryMode("", undefined);
    await world.clock.advance(30_000);
    expect((await world.json("/health")).body.persistence.durable).toBe(true);
  });
}

test("an entry that is there twice is reported; the other accounts load", async () => {
  const vault = createScriptedVault();
  await using first = await createWorld({ vault });
  await first.signIn(identity("a@example.com"));
  await first.signIn(identity("b@example.com"));
  await first.app.stop();
  const again = createScriptedVault(Object.fromEntries(vault.values));
  const entry = [...again.values.keys()].find((name) => name.startsWith("account:")) ?? "";
  again.entryMode(entry, "ambiguous");
  await using world = await createWorld({ vault: again, after: first });
  expect((await world.message()).status).toBe(200);
  expect((await world.json("/oauth/status")).body.total_tokens).toBe(1);
  expect((await world.json("/health")).body.persistence.detail).toContain(entry);
});

test("an account that at last gets a name keeps what it has served", async () => {
  await using world = await createWorld({ oauth: { omitIdentity: true } });
  await world.signIn(identity("a@example.com"), { account_email: "a@example.com" });
  await world.message();
  world.oauth.options.omitIdentity = false;
  await world.signIn(identity("a@example.com"), { account_email: "a@example.com" });
  const { tokens } = (await world.json("/oauth/status")).body;
  expect(tokens).toMatchObject([{ account_email: "a@example.com", usage_count: 1 }]);
});
