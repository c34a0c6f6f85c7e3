// Words about signing in, for people who read Chinese.
import type { loginWords as english } from "../en/login.ts";

const NEW_ADDRESS = "请用 GET /oauth/generate-url 获取新地址并重新登录。";
const LIST = "GET /oauth/status 会列出所有账号。";

export const loginWords: typeof english = {
  overHttp: { again: NEW_ADDRESS, accounts: LIST },
  denied: `浏览器中的登录被拒绝。${NEW_ADDRESS}`,
  codeMalformed: "这看起来不是授权码。请粘贴 CODE、CODE#STATE，或浏览器最后停留页面的完整地址。",
  codeRefused: `授权服务器拒绝了该授权码：可能有误、已被使用或已过期。${NEW_ADDRESS}`,
  stateUnknown: `没有等待此授权码的登录：可能已超过十分钟、已被使用，或是在上次重启之前发起的。${NEW_ADDRESS}`,
  statesDiffer: "请求中的 `state` 与随授权码粘贴的不一致。请去掉 `state`，或填写与授权码对应的那个。",
  inProgress: "另一个请求正在完成这次登录，请等待它的结果。",
  emailNeeded: "授权服务器没有说明这是谁的账号。什么都没有丢失：请带上 `account_email` 再发送一次同样的请求。",
  endpointUnreachable: "无法连接授权服务器。请检查网络和 settings.oauth.proxy，然后再发送一次同样的请求。",
  endpointFailed: ({ status }) => `授权服务器出错（HTTP ${status}）。什么都没有丢失：请一分钟后再发送一次同样的请求。`,
  rateLimited: "授权服务器要求等待。请在 retry-after 指定的时间之后再发送一次同样的请求。",
  blocked: "返回的是防火墙页面，而不是授权服务器的答复。您的令牌仍然保留。请稍后再试，或换一个网络。",
  refused: ({ status }) => `授权服务器拒绝了此请求（HTTP ${status}）：网络、地区或账号不被允许。单纯重试没有帮助。`,
  replyInvalid: `无法理解授权服务器的答复，因此没有取得令牌。${NEW_ADDRESS}`,
  tokenUnavailable: ({ reason }) => `暂时无法刷新访问令牌（${reason}）。ccb 会继续尝试；请稍后再发送请求。`,
  required: "该账号需要重新登录。",
  accountUnknown: `没有登录过这个名称的账号。${LIST}`,
  requiredMessage: ({ url, exchangeUrl, command }) =>
    `ccb 需要登录。请运行：${command} 也可以手动操作：在浏览器中打开 ${url} ，复制授权码，然后运行：curl -X POST ${exchangeUrl} -H "Content-Type: application/json" -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
  block: ({ provider, url, exchangeUrl }) =>
    [
      `🔐 ${provider.toUpperCase()} AUTHORIZATION REQUIRED`,
      `Please authorize: ${url}`,
      "After login, copy the 'code' parameter and run:",
      `curl -X POST ${exchangeUrl} \\`,
      `     -H "Content-Type: application/json" \\`,
      `     -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
      "（请在浏览器中打开上面的地址完成授权，复制授权码后运行上面的命令。）",
    ].join("\n"),
  terms:
    "登录之前请注意：ccb 不是官方程序。Anthropic 的条款（2026-08-22 查阅）规定，开发者不得收集、存储或转递 Claude.ai 凭据；在此登录可能违反条款。使用 API 密钥或 `auth_value: passthrough` 可避免这个问题。",
  instructions: ({ exchangeUrl }) =>
    `请在浏览器中打开 login_url 并登录，复制页面显示的授权码（CODE#STATE），并在十分钟内运行：curl -X POST ${exchangeUrl} -H "Content-Type: application/json" -d '{"code":"YOUR_CODE","account_email":"your@email.com"}'`,
  lost: ({ account, reason }) =>
    `账号 ${account} 需要重新登录（${reason}）。请运行：ccb login 下一个需要它的请求也会打印登录地址。`,
  emailDiffers: ({ typed, actual }) =>
    `您输入的是 ${typed}，但登录的是 ${actual}。账号以 ${actual} 保存；${typed} 可作为它的别名使用。`,
  notDurable: ({ why, mend }) => `令牌只保存在内存中，重启后会丢失：${why}。${mend}`,
  persistenceOff: "由于 settings.oauth.store 为 memory 或 enable_persistence 为 false，令牌只保存在内存中。",
};
