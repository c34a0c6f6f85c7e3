// A person's own unit under a real manager of that person: sandboxed, with the keyring on the session's bus.
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { freePort } from "../support/binary.ts";
import { startNestedSystemd } from "../support/nested-systemd.ts";
import type { NestedSystemd } from "../support/nested-systemd.ts";

let systemd: NestedSystemd;
let port: number;

/** What /health says of the store, as soon as it keeps accounts. */
async function persistence(): Promise<unknown> {
  for (const until = Date.now() + 10_000; ; await Bun.sleep(50)) {
    const health: { persistence: { durable: boolean } } = JSON.parse(
      await (await fetch(`http://127.0.0.1:${port}/health`)).text(),
    );
    if (health.persistence.durable || Date.now() > until) return health.persistence;
  }
}

beforeAll(async () => {
  port = await freePort();
  systemd = await startNestedSystemd();
  const { output } = await systemd.run(`
    cd /
    useradd --create-home --uid 4242 tester
    install -d -m 0700 -o tester /run/user/4242
    cat >/run/systemd/system/manager.service <<'END'
[Unit]
DefaultDependencies=no
[Service]
User=tester
Type=notify
Delegate=yes
Environment=XDG_RUNTIME_DIR=/run/user/4242 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4242/bus
ExecStart=/lib/systemd/systemd --user
END
    systemctl daemon-reload; systemctl start manager
    cat >/usr/local/bin/as <<'END'
#!/bin/sh
exec setpriv --reuid 4242 --regid 4242 --clear-groups env -i HOME=/home/tester XDG_RUNTIME_DIR=/run/user/4242 \\
  DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4242/bus LANG=en_US.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin "$@"
END
    chmod 755 /usr/local/bin/as
    as dbus-daemon --session --address=unix:path=/run/user/4242/bus --fork
    printf secret | as gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null
    as sh -c 'mkdir -p ~/.config/ccb; umask 077
      printf "providers: [{name: Here, base_url: \\"http://127.0.0.1:1\\", auth_value: oauth}]\\nsettings: {port: ${port}, language: en}\\n" >~/.config/ccb/providers.yaml'
    echo "exit $?"`);
  expect(output).toContain("exit 0");
});
beforeEach(async () => {
  expect((await systemd.run("as ccb service install")).code).toBe(0);
});
afterAll(async () => systemd[Symbol.asyncDispose]());

test("runs without rights, sees a read-only system, and keeps accounts in the keyring", async () => {
  expect(await persistence()).toMatchObject({ backend: "keyring", durable: true });
  const { output } = await systemd.run(`
    pid=$(as systemctl --user show ccb --property=MainPID --value)
    cat /proc/$pid/status
    nsenter --target $pid --mount ls -A /tmp
    for path in /home/tester /usr /home/tester/.local/state/ccb; do
      nsenter --target $pid --mount findmnt --noheadings --first-only --direction backward --output VFS-OPTIONS --target $path | cut -c 1-2
    done`);
  expect(output).toMatch(/^Uid:\t4242\t/m);
  expect(output).toMatch(/^CapBnd:\t0{16}$/m);
  expect(output).toMatch(/^\.bun-4242-\w+\.node$/m);
  expect(output).toMatch(/^ro\nro\nrw\n$/m);
});

test("where an ordinary user may make no namespaces, the lesser unit runs", async () => {
  const { code, output } = await systemd.run(`
    as ccb service uninstall
    as sh -c 'mkdir -p ~/bin; printf "#!/bin/sh\\nexit 1\\n" >~/bin/systemd-run; chmod 755 ~/bin/systemd-run'
    as env PATH=/home/tester/bin:/usr/bin:/bin /usr/local/bin/ccb service install && as systemctl --user is-active ccb`);
  expect([code, output]).toEqual([0, expect.stringContaining("active")]);
  expect(output).toContain("no ordinary user make namespaces");
  expect(await persistence()).toMatchObject({ backend: "keyring", durable: true });
  expect((await systemd.run("as ls -A /run/user/4242/ccb")).output).toMatch(/^\.bun-4242-\w+\.node$/m);
});
