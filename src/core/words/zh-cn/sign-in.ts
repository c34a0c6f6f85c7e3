// Words of `ccb login`, `ccb env`, `ccb run` and the page that a browser sees, for people who read Chinese.
import type { signInWords as english } from "../en/sign-in.ts";

export const signInWords: typeof english = {
  byCommand: ({ command }) => `要登录，请运行：${command} 也可以手动操作：`,

  callbackGood: "已登录 ccb",
  callbackClose: "可以关闭此页面，回到您发起登录的地方：终端或 ccb 的页面。",
  callbackNotDurable: "令牌目前只保存在内存中；发起登录的地方会说明原因和处理办法。",
  callbackFailed: "登录未成功",
  callbackAgain: "请在发起登录的地方重新开始：在终端中运行 `ccb login`，或使用 ccb 的页面。",
  callbackUnknown:
    "ccb 没有在等待这次登录：它可能已经完成、已被放弃，或已超过十分钟。如果发起登录的地方显示已登录，则一切正常。",
  callbackNameNeeded: "就差一步：服务器没有说明这是谁的账号。请在发起登录的地方回答：终端或 ccb 的页面。",
  denied: "浏览器中的登录被拒绝。",
  noCode: "浏览器返回时没有带授权码。",

  tokenMalformed:
    "这不是 `claude setup-token` 的令牌：那种令牌以 sk-ant-oat 开头。（API 密钥请写在 providers.yaml 的 auth_value 中。）",
  notRenewable: "该账号使用 `claude setup-token` 的一年期令牌，没有可刷新的内容。",

  login: "用浏览器、粘贴授权码或 `claude setup-token` 的令牌登录",
  emailFlag: "这是谁的账号（当服务器没有说明时）",
  noBrowserFlag: "只显示地址，不打开浏览器",
  setupTokenFlag: "从标准输入读取 `claude setup-token` 的一年期令牌",
  tokenOnStandardInput:
    "--setup-token 不从命令行读取令牌（本机的其他人看得到命令行），而是从标准输入读取：ccb login --setup-token <token.txt，或在提示时粘贴",
  jsonFlag: "在标准输出打印一个 JSON 文档",
  keyFlag: "角色为 admin 的 ccb 密钥（或用 CCB_KEY）",
  loginExamples: [
    "",
    "示例：",
    "  ccb login                        打开浏览器；通过 SSH 时可粘贴授权码",
    "  ccb login --no-browser           只显示要在别处打开的地址",
    "  ccb login --setup-token <token.txt",
    "  claude setup-token               打印这种令牌；然后运行：ccb login --setup-token",
  ].join("\n"),
  opening: ({ address }) => `正在打开浏览器。如果没有打开，请在本机打开这个地址：\n  ${address}`,
  openThis: ({ address }) => `请在本机的浏览器中打开这个地址：\n  ${address}`,
  orPaste: ({ address }) =>
    `如果浏览器在另一台机器上，请改为打开这个地址：\n  ${address}\n然后把页面显示的授权码粘贴到这里并按回车：`,
  browserFailed: "无法启动浏览器，请自行打开上面的地址。",
  badPaste: "这不是授权码。请粘贴 CODE、CODE#STATE，或浏览器最后停留页面的完整地址：",
  pasteAgain: "请再粘贴一次，或粘贴另一个：",
  whoseAccount: "服务器没有说明这是谁的账号。请输入它的邮箱：",
  emailWanted: "服务器没有说明这是谁的账号。请运行：ccb login --email you@example.com",
  badEmail: "这不是邮箱地址。请输入它的邮箱：",
  loginAgain: "要重试，请运行：ccb login",
  gaveUp: "十分钟内没有人登录。请再次运行 `ccb login`。",
  done: ({ account }) => `已登录：${account}`,
  organization: "组织",
  scopes: "权限范围",
  expires: "到期",
  kept: "保存",
  renews: ({ when }) => `${when}（到期前自动刷新）`,
  ends: ({ when }) => `${when}（一年期令牌：从不刷新；到期后请再次运行此命令）`,
  noServer: "没有正在运行的 ccb：账号会直接写入存储，ccb 启动后即可使用。",
  memoryOnly:
    "账号只保存在运行中的 ccb 的内存里（settings.oauth），而现在没有 ccb 在运行。请先用 `ccb` 启动它，再运行 `ccb login`。",
  storeShut: ({ why, mend }) =>
    `没有登录：账号无法保存，因为${why}。${mend}\n也可以先启动 ccb，它会暂时把账号保存在内存中。`,
  notKept: "账号无法保存，此命令结束后就会丢失。请再次运行 `ccb login`。",
  heldElsewhere: "要在那个 ccb 上登录，请为 `ccb login` 指定它的 --config、--host 或 --port。",
  typeToken: "请粘贴令牌（不会显示），然后按回车：",
  noToken: "标准输入中没有令牌。请运行 `claude setup-token`，然后运行：ccb login --setup-token",
  severalTokens: "标准输入中有多个令牌，请只提供一个。",

  env: "打印让 Claude Code 指向 ccb 的各行",
  envExamples: [
    "",
    "示例：",
    '  eval "$(ccb env)"                                 bash、zsh 等 POSIX shell',
    "  ccb env --shell fish | source",
    "  ccb env --shell powershell | Out-String | Invoke-Expression",
    "  for /f \"delims=\" %i in ('ccb env --shell cmd') do %i",
  ].join("\n"),
  shellFlag: "bash、zsh、fish、powershell 或 cmd（默认：当前所用）",
  badShell: "--shell 只能是 bash、zsh、fish、powershell 或 cmd",
  run: "启动客户端（例如 claude），并设好指向 ccb 的环境变量",
  runCommand: "客户端及其参数，写在 -- 之后",
  runExamples: ["", "示例：", "  ccb run -- claude", "  ccb run -- claude -p hi"].join("\n"),
  nothingToRun: "请说明要运行什么：ccb run -- claude",
  clientKeyFlag: "客户端发送的 ccb 密钥（或用 CCB_KEY）",
  keyMissing:
    "这里的 ccb 要求密钥，但没有提供：客户端会被拒绝。请设置 CCB_KEY 或使用 --key；`ccb key new NAME` 可生成密钥。",
  onlySocket: "ccb 只监听它的套接字（host: none），而 Claude Code 需要一个地址。请把 settings.host 设为 127.0.0.1。",
  notFound: ({ command }) => `PATH 中没有程序 ${command}。Claude Code：https://code.claude.com/docs`,
  notRunnable: ({ command, reason }) => `无法启动 ${command}（${reason}）。`,
};
