// Chinese words about the sealed store of files, and moving accounts between stores.
import type { storeWords as english } from "../en/store.ts";

const NAMES = { keyring: "密钥环", file: "加密文件" };

export const storeWords: typeof english = {
  command: "账号的保存位置：创建密钥、迁移账号",
  action: "init：为加密存储创建密钥；migrate：把账号和统计数据迁移到另一个存储",
  initFile: "用于 init：密钥写入的位置（默认：CCB_STORE_KEY_FILE，否则放在配置文件旁边）",
  from: "用于 migrate：源存储，keyring 或 file",
  to: "用于 migrate：目标存储，file 或 keyring",
  whichAction: "ccb store 需要以下之一：init、migrate",
  whichStores: "ccb store migrate 需要 --from keyring --to file，或 --from file --to keyring",
  kept: "令牌保存在加密文件中。",
  meanwhile: "账号目前只保存在内存中，进程结束后即丢失。ccb 会持续重试，存储恢复可用后会自动保存。",
  back: "存储已恢复可用，账号已保存到其中。",
  unreadable: ({ why, mend }) => `账号保存在存储中，但目前无法读取：${why}。恢复后请求即可正常处理。${mend}`,
  keyMade: ({ file }) =>
    `密钥已写入 ${file}，只有您自己可以读取。请另存一份，并与存储的备份分开放置：没有密钥就无法读取存储。\n` +
    "接下来：\n" +
    "  1. 在 providers.yaml 中：  settings: {oauth: {store: file}}\n" +
    `  2. 每次启动前：            export CCB_STORE_KEY_FILE='${file}'\n` +
    `     使用 systemd 时：       LoadCredential=ccb-store-key:${file}\n` +
    "  3. 如果密钥环中已有账号：  ccb store migrate --from keyring --to file",
  keyThere: ({ file }) => `${file} 已存在，保持不变。`,
  inUse: ({ folder }) =>
    `${folder} 中有用另一个密钥加密的账号，新密钥无法打开它们。请找回原密钥，或移走该目录并重新登录。`,
  unreachable: ({ kind, why, detail, mend }) => `没有做任何更改：无法使用${NAMES[kind]}：${why}（${detail}）。${mend}`,
  unread: ({ entries }) => `没有做任何更改：以下条目无法读取：${entries.join("、")}。请先修复或删除它们；详情见日志。`,
  differs: ({ kind, entry }) =>
    `没有删除任何内容：${NAMES[kind]}返回的 ${entry} 与写入的不一致。两处现在都有账号；原来的存储继续使用。`,
  nothing: ({ kind }) => `${NAMES[kind]}中没有账号；没有做任何更改。`,
  moved: ({ accounts, to }) =>
    `${accounts} 个账号现已保存到${NAMES[to]}，并已读回核对。\n在 providers.yaml 中：  settings: {oauth: {store: ${to}}}`,
  leftBehind: ({ kind, reason }) => `${NAMES[kind]}中的副本未能全部删除（${reason}）。请再次运行同一条命令。`,
};
