// ccb login where no server runs, with a real Secret Service: open, locked.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BROWSER_ADDRESS, startTyping } from "../cli/_login.ts";
import { configText } from "../support/binary.ts";
import { identity } from "../support/oauth-server.ts";
import { createSetting, message, names, until } from "./_ccb.ts";
import type { Setting } from "./_ccb.ts";

const me = identity("me@example.com");

function login({ home, oauth, upstream, service }: Setting) {
  const file = join(home, "providers.yaml");
  // Nobody listens at port 1.
  const config = configText({ upstream: upstream.url, oauth, settings: { port: 1 } });
  writeFileSync(file, config, { mode: 0o600 });
  return startTyping(["login", "--config", file], home, {
    DBUS_SESSION_BUS_ADDRESS: service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "",
  });
}

test("the account is in the keyring, and a server that starts has it", async () => {
  await using setting = await createSetting();
  await using typing = login(setting);
  const { callbackUrl } = setting.oauth.authorize(await typing.seen(BROWSER_ADDRESS), me);
  expect((await fetch(callbackUrl, { keepalive: false })).status).toBe(200);
  expect(await typing.exited).toBe(0);
  expect(typing.stdout).toContain("Kept: Tokens are kept in the system keyring.");
  const ccb = await setting.start();
  await until("the keyring was read", async () => (await names(ccb)).length > 0);
  expect(await names(ccb)).toEqual(["me@example.com"]);
  expect((await message(ccb)).status).toBe(200);
});

test("a locked one is said before anybody signs in for nothing", async () => {
  await using setting = await createSetting();
  await setting.service.lock();
  await using typing = login(setting);
  expect(await typing.exited).toBe(1);
  expect(typing.stderr).toContain("the keyring is locked");
  expect(typing.stderr).not.toContain("/oauth/authorize");
});
