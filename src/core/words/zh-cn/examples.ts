// Examples below the help of commands, for people who read Chinese: one line each, without the indent.
import type { exampleWords as english } from "../en/examples.ts";

export const exampleWords: typeof english = {
  program: [
    "ccb                              启动服务器",
    "ccb login                        登录账号",
    "ccb run -- claude                通过它启动 Claude Code",
    "ccb doctor                       哪里有问题，该怎么办",
  ],
  serve: ["ccb serve", "ccb serve --config ./providers.yaml --port 9191", "ccb --log-level DEBUG"],
  check: ["ccb check", "ccb check --config ./providers.yaml", "ccb check --json | jq .problems"],
  init: ["ccb init", "ccb init --json | jq -r .file"],
  key: [
    "ccb key new me --role admin      全部权限",
    "ccb key new work                 只有 /v1/* 和 /health",
    "ccb key new work --json | jq -r .key_sha256",
  ],
  store: [
    "ccb store init                   为加密文件生成密钥",
    "ccb store init --key-file /etc/ccb/store.key",
    "ccb store migrate --from keyring --to file",
  ],
  service: [
    "ccb service install              在您登录时启动",
    "sudo ccb service install --system",
    "ccb service print --system       查看单元",
    "ccb service status",
    "ccb service uninstall",
  ],
};
