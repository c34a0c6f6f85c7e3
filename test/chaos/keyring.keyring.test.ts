// What a keyring may do to ccb, with a canary beside it: what other requests notice of it, and what it costs. What is
// said and kept in each case is in test/keyring/trouble.keyring.test.ts.
import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { messagesRequest, signIn } from "../binary/_ccb.ts";
import { call, persistence, SERVICE } from "../keyring/_ccb.ts";
import { messagesHandler } from "../support/anthropic.ts";
import { makeHome } from "../support/binary.ts";
import type { Ccb } from "../support/binary.ts";
import { identity, startOAuthServer } from "../support/oauth-server.ts";
import { startSecretService } from "../support/secret-service.ts";
import type { SecretService } from "../support/secret-service.ts";
import { startUpstream } from "../support/upstream.ts";
import { startRig, within } from "./_rig.ts";
import type { Rig } from "./_rig.ts";

const a = identity("a@example.com");

interface Row {
  /** Before ccb starts; the account is in the keyring then. */
  readonly before?: (service: SecretService) => Promise<void> | void;
  /** While it runs. */
  readonly begin?: (service: SecretService) => Promise<void> | void;
  readonly end: (service: SecretService) => Promise<void> | void;
  readonly expect: string;
}

const GONE_ON = "refresh 200 not durable, served 200; over: durable, in the keyring, served 200";
const WAITED = "served 503; over: durable, in the keyring, served 200";
const ROWS: Readonly<Record<string, Row>> = {
  "absent at start": {
    before: (service) => service.kill(),
    end: (service) => service.restart(),
    expect: "served 401; over: durable, in the keyring, served 200",
  },
  "dies while running": { begin: (service) => service.kill(), end: (service) => service.restart(), expect: GONE_ON },
  "locked at start": { before: (service) => service.lock(), end: (service) => service.unlock(), expect: WAITED },
  "locked while running": { begin: (service) => service.lock(), end: (service) => service.unlock(), expect: GONE_ON },
  "SIGSTOPped at start": { before: (service) => service.freeze(), end: (service) => service.thaw(), expect: WAITED },
  "SIGSTOPped while running": {
    begin: (service) => service.freeze(),
    end: (service) => service.thaw(),
    expect: GONE_ON,
  },
  "restarted while running": {
    begin: (service) => service.restart(),
    end: () => {},
    expect: "refresh 200 durable, served 200; over: durable, in the keyring, served 200",
  },
  "full while running": {
    begin: (service) => service.fillDisk(),
    end: (service) => service.restart(),
    expect: GONE_ON,
  },
};

/** Most of a row's time is waiting: so many run side by side, each with a keyring and a ccb of its own. */
const LANES = 3;

test("each keyring fault: what its requests get, and nobody else notices", async () => {
  const rows = Object.entries(ROWS);
  const lane = async (): Promise<void> => {
    for (let next = rows.shift(); next !== undefined; next = rows.shift()) await runRow(...next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
});

async function runRow(name: string, row: Row): Promise<void> {
  const service = await startSecretService();
  const oauth = await startOAuthServer();
  const upstream = await startUpstream({ authorize: oauth.identify });
  upstream.handle(messagesHandler());
  const home = makeHome();
  const start = (): Promise<Rig> =>
    startRig({
      home,
      env: { DBUS_SESSION_BUS_ADDRESS: service.env["DBUS_SESSION_BUS_ADDRESS"] ?? "" },
      providers: [{ name: "Accounts", base_url: upstream.url, auth_value: "oauth" }],
      oauth,
      routes: { mine: [{ provider: "Accounts" }] },
      settings: { oauth: { enable_persistence: true } },
    });
  const served = async (ccb: Ccb): Promise<number> =>
    (await ccb.request("/v1/messages", { ...messagesRequest({ model: "mine" }), keepalive: false })).status;
  const durable = async (ccb: Ccb): Promise<boolean> => (await persistence(ccb)).durable;
  let rig = await start();
  try {
    await signIn(rig.ccb, oauth, a);
    if (row.before !== undefined) {
      expect(await rig.ccb.stop()).toBe(0);
      await rig[Symbol.asyncDispose]();
      await row.before(service);
      rig = await start();
    }
    await rig.run({
      name: `keyring: ${name}`,
      expect: row.expect,
      // A keyring that was not there at the start costs its connection and its entries when it comes.
      ...(row.before === undefined ? {} : { descriptors: 12 }),
      async run({ ccb }) {
        let during = "";
        if (row.begin !== undefined) {
          await row.begin(service);
          const { status, body } = await call(ccb, "POST", "/oauth/refresh/a@example.com");
          during = `refresh ${status} ${body.durable === true ? "durable" : "not durable"}, `;
        }
        during += `served ${await served(ccb)}`;
        await row.end(service);
        const back = await within(20, async () => (await durable(ccb)) && (await served(ccb)) === 200);
        const [id] = (await call(ccb, "GET", "/oauth/status")).body.tokens.map(
          (token: { account_id: string }) => token.account_id,
        );
        const entry = await service.tool(["lookup", "service", SERVICE, "username", `account:${id}`]);
        const newest = [...oauth.accessTokens.keys()].at(-1) ?? "none";
        return `${during}; over: ${back ? "durable" : "not durable"}, ${entry.includes(newest) ? "in the keyring" : "lost"}, served ${await served(ccb)}`;
      },
    });
    expect(oauth.reuse).toBe(0);
  } finally {
    rig.print("keyring");
    service.thaw();
    await rig[Symbol.asyncDispose]();
    await upstream.stop();
    await oauth.stop();
    await service.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
