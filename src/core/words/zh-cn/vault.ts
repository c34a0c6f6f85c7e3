// Chinese words about where accounts are kept: the keyring, its faults, the lock of the store.
import type { vaultWords as english } from "../en/vault.ts";

/** Asks for the password without showing it, and opens the keyring with it. */
const UNLOCK =
  'read -rs p; printf %s "$p" | gnome-keyring-daemon --replace --unlock --components=secrets --daemonize; unset p';

export const vaultWords: typeof english = {
  why: {
    absent: "当前会话中没有可用的密钥环服务",
    no_lock: "ccb 的锁文件目录不可写，因此 ccb 不会使用账号存储",
    no_key: "加密存储没有密钥",
    wrong_key: "加密存储是用另一个密钥写入的，或其密钥已丢失；ccb 不会改动它",
    foreign: "存储的目录、文件或密钥并非只属于当前用户；ccb 不会使用它",
    unwritable: "存储目录无法写入：磁盘已满，或目录为只读",
    damaged: "存储中的一个文件已损坏，已移到一旁",
    newer: "存储由更新版本的 ccb 写入；当前版本不会改动它",
    locked: "密钥环已锁定",
    silent: "密钥环没有响应",
    ambiguous: "密钥环中有两个同名条目，ccb 不会改动其中任何一个",
    full: "密钥环无法写入：磁盘已满，或其目录为只读",
    failed: "密钥环返回了错误",
  },
  mend: {
    absent:
      "Linux：请在桌面会话中启动 ccb；在服务器上请先执行 `apt install gnome-keyring dbus-user-session`，再执行 " +
      "`export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus` 和 " +
      `\`${UNLOCK}\`（输入密码后按回车）。` +
      "macOS：`security default-keychain`。Windows：请在您本人登录的会话中启动 ccb，不要通过 SSH 启动。",
    no_lock: "请让状态目录可写（Linux：`~/.local/state/ccb`），或把 XDG_STATE_HOME 设为可写的目录，然后重新启动 ccb。",
    no_key:
      "请创建密钥：`ccb store init` 会说明密钥应放在哪里。使用 systemd 时：`LoadCredential=ccb-store-key:文件`（`ccb service print` 会写好这一行）。",
    wrong_key:
      "请提供写入时所用的密钥（systemd：LoadCredential=ccb-store-key；否则 CCB_STORE_KEY_FILE；否则密钥环），账号即会恢复。" +
      "如果密钥已丢失：请移走存储目录（Linux：`~/.local/state/ccb/store-…`），重新启动 ccb 并重新登录。",
    foreign:
      "日志中写明了是哪一个。目录和文件必须属于运行 ccb 的用户，不能是链接，也不能对其他用户开放：`chmod 700` 和 `chmod 600`；密钥也一样。",
    unwritable: "请释放磁盘空间（`df -h ~/.local/state`），并确认目录可写（Linux：`ls -ld ~/.local/state/ccb`）。",
    damaged: "请为该文件对应的账号重新登录；原文件已改名保留，以便查看。",
    newer: "请启动更新版本的 ccb，或移走存储目录（Linux：`~/.local/state/ccb/store-…`）并重新登录。",
    locked:
      "请在密钥环的提示窗口中输入密码，或手动解锁。没有桌面的 Linux：" +
      `\`${UNLOCK}\`（输入密码后按回车）。` +
      "macOS：`security unlock-keychain`。",
    silent:
      "请查看其他窗口后面是否有等待输入密码的提示窗口，并输入密码。如果没有，请重启密钥环；" +
      "Linux：`systemctl --user restart gnome-keyring-daemon`，或注销后重新登录。",
    ambiguous:
      "另一个条目由其他程序写入，请将其删除。Linux：`secret-tool search --all service claude-code-balancer:$(id -u) >/dev/null` " +
      "可列出这两个条目，用 Seahorse（`seahorse`）删除其中一个。macOS：使用“钥匙串访问”。Windows：使用“凭据管理器”。",
    full: "请释放磁盘空间（`df -h ~`），并确认密钥环的目录可写（Linux：`ls -ld ~/.local/share/keyrings`）。",
    failed:
      "日志中有密钥环返回的原始信息。请先确认密钥环本身能否正常使用；" +
      "Linux：`printf test | secret-tool store --label=test ccb-test 1`；macOS：`security list-keychains`。",
  },
  detail: {
    otherValue: "存储返回了不同的值",
    notFolder: ({ path }) => `${path} 不是目录，而是链接或文件`,
    ownedBy: ({ name, owner }) => `${name} 属于用户 ${owner}`,
    othersAbove: ({ path }) => `${path} 属于其他用户，或其他用户可以写入`,
    notFile: ({ name }) => `${name} 不是普通文件`,
    tooLarge: ({ name, bytes }) => `${name} 有 ${bytes} 字节`,
    cannot: {
      open: ({ name, code }) => `无法打开 ${name}（${code}）`,
      read: ({ name, code }) => `无法读取 ${name}（${code}）`,
      write: ({ name, code }) => `无法写入 ${name}（${code}）`,
      remove: ({ name, code }) => `无法删除 ${name}（${code}）`,
      setAside: ({ name, code }) => `无法另存 ${name}（${code}）`,
      list: ({ name, code }) => `无法列出 ${name} 的内容（${code}）`,
      sweep: ({ name, code }) => `无法清理 ${name}（${code}）`,
    },
    keyOpen: ({ file }) => `其他用户可以读取或改写密钥：chmod 600 ${file}`,
    noKeyIn: ({ file, bytes }) => `${file} 中没有 ${bytes} 字节的密钥`,
    keyringHoldsNoKey: ({ name }) => `密钥环中的 ${name} 不是密钥`,
    keyringLacks: ({ name }) => `密钥环中没有 ${name}`,
    notSealed: "这不是 ccb 加密的值",
    sealedNewer: ({ version, known }) => `以版本 ${version} 加密；当前 ccb 只认识版本 ${known}`,
    cutShort: "在文件头处被截断",
    otherKey: "是用另一个密钥加密的",
    otherLength: ({ found, expected }) => `有 ${found} 字节，而加密时是 ${expected} 字节`,
    changed: "加密之后被改动过，或是为其他位置加密的",
  },
  meanwhile: "账号目前只保存在内存中，进程结束后即丢失。ccb 会持续重试，密钥环恢复后会自动保存。",
  waiting: "正在等待密钥环解锁：请在其提示窗口中输入密码。",
  back: "密钥环已恢复，账号已保存到其中。",
  storeHeld: (holder) =>
    holder === null
      ? "另一个使用同一账号存储的 ccb 正在启动。请稍候，或为当前实例设置不同的 settings.oauth.service_name。"
      : `另一个 ccb（进程 ${holder.pid}，监听 ${holder.address}）正在使用同一账号存储。` +
        "请停止该进程，或为当前实例设置不同的 settings.oauth.service_name。",
  lockFailed: (directory, reason) =>
    `无法在 ${directory} 中锁定账号存储（${reason}）。请使该目录可写，或将 XDG_STATE_HOME 设置为一个可写的目录。`,
};
