// English words about ccb as a service of systemd or launchd.

export const serviceWords = {
  service: "run ccb as a service of this system: install, uninstall, print, status",
  action: "install: write the unit and start it; uninstall; print: show the unit; status",
  whichAction: "ccb service needs one of: install, uninstall, print, status",
  systemFlag: "for the whole machine, under a user of its own (systemd)",
  configFlag: "configuration file of the service",
  storeKeyFlag: "file with the key of the account store",
  purgeFlag: "with uninstall: remove the accounts and statistics, too",
  jsonFlag: "print JSON",
  noManager:
    "ccb knows no service manager on this system. Windows: let the Task Scheduler start `ccb serve` when you sign in.",
  noSystemService:
    "Only systemd has a service for the whole machine here. Without --system it is your own, started when you sign in.",
  rootNeeded: "A service for the whole machine takes root: sudo ccb service … --system",
  notCompiled: "ccb runs from its source; a service needs the binary: make install",
  pathNotPlain: "A path has control characters in it or ends in a backslash, which no unit can hold. Rename it.",
  programHidden: ({ path }: { path: string }): string =>
    `${path} is in a folder that a system service does not see. Copy it to /usr/local/bin first (make install).`,
  configHidden: ({ path }: { path: string }): string =>
    `${path} is in a folder that a system service does not see. Move it to /etc/ccb/providers.yaml.`,
  configUnreadable: ({ path, environmentFile }: { path: string; environmentFile: string }): string =>
    `The service has a user of its own, which may not read ${path}. ` +
    `Move its secrets to ${environmentFile} (NAME=value, mode 600) as \${NAME}, then: chmod 644 ${path}`,
  storeKeyMissing: ({ path }: { path: string }): string =>
    `${path} is missing: the key of the account store, without which systemd does not start the service. ` +
    `Make one: umask 077; mkdir -p /etc/ccb; head -c 32 /dev/urandom | base64 > ${path}`,
  storeNotKept:
    "A system service has no keyring, so accounts would be lost at every restart. Add to its configuration: settings: {oauth: {store: file}}",
  notInstalled: "The service was not installed.",
  lessHardened:
    "This machine lets no ordinary user make namespaces; the service runs without a private view of the file system.",
  unreachable: {
    systemd:
      "systemd does not answer, so nothing was written. Your own manager runs while you are signed in; over SSH or sudo: export XDG_RUNTIME_DIR=/run/user/$(id -u). " +
      "To see the unit only: ccb service print",
    launchd: "launchd does not answer, so nothing was written: run this in your own signed-in session, not over SSH.",
  },
  stepFailed: ({ command, code }: { command: string; code: number }): string =>
    code === 127 ? `There is no such program: ${command}` : `This ended with ${code}: ${command}`,
  writeFailed: ({ file, reason }: { file: string; reason: string }): string =>
    `${file} could not be written or removed (${reason}).`,
  installed: ({ file }: { file: string }): string => `Installed and started: ${file}`,
  next: {
    systemd:
      "See it: ccb service status; its log: journalctl --user -u ccb. It starts when you sign in; to start it with the machine: loginctl enable-linger",
    launchd: "See it: ccb service status; its log: ~/Library/Logs/ccb.log. It starts when you sign in.",
    system: "See it: ccb service status --system; its log: journalctl -u ccb. It starts with the machine.",
  },
  absent: ({ file }: { file: string }): string => `No service is installed: there is no ${file}`,
  uninstalled: ({ file }: { file: string }): string => `Stopped and removed: ${file}`,
  tokensStay: "Accounts and statistics stay where they are. To remove them, too: ccb service uninstall --purge",
  purged:
    "Accounts and statistics are removed from this machine. The token server was not asked: sign the devices out in your account's settings, if you wish.",
  purgeFailed: ({ reason }: { reason: string }): string => `Accounts and statistics could not be removed: ${reason}`,
};
