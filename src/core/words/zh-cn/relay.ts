// Words about relayed requests, for people who read Chinese.
import type { relayWords as english } from "../en/relay.ts";

export const relayWords: typeof english = {
  bodyTooLarge: ({ megabytes }) => `请求正文超过 ${megabytes} MB。请减少内容，或调大 settings.max_body_mb。`,
  uploadTimeout: "请求正文中途停止发送。请重新发送；settings.timeouts.upload 决定 ccb 在两个字节之间等待多久。",
  clientGone: "客户端关闭了连接。",
  upstreamTimeout: ({ provider, seconds }) =>
    `${provider} 在 ${seconds} 秒内没有响应。请重试；settings.timeouts 决定 ccb 等待多久。`,
  upstreamUnreachable: ({ provider, code }) =>
    `无法连接 ${provider}（${code}）。请检查网络、它的 base_url 和代理，然后重试。`,
  upstreamLost: ({ provider, code }) => `${provider} 收到了请求，但没有给出回答（${code}）。请重试。`,
  allLimited: ({ provider, window, at }) =>
    `能处理此请求的账号和密钥都已达到限额。最先恢复的是 ${provider}：${window === null ? `它要求等到 ${at}` : `它的 ${window} 窗口将于 ${at} 重置`}。请等到那时，或再添加一个账号或密钥。`,
  keyRefused: ({ provider }) =>
    `${provider} 的 API 密钥被拒绝。请在它的 auth_value 中填入有效的密钥；文件保存后 ccb 立即采用。`,
  switchedOff:
    "能处理此请求的提供方或账号已被停用。请重新启用：POST /providers/{name}/enable 或 POST /oauth/tokens/{account_email}/resume。",
  notSentAgain: "正文传输期间访问令牌已更新，而此正文无法发送第二次。请重新发送请求。",
  keyringUnreadable: ({ why, mend }) =>
    `账号保存在密钥环中，但现在无法读取：${why}。请解锁密钥环；打开后请求即可正常工作。${mend}`,
  claudeTokenElsewhere:
    "客户端的凭据是 Claude 访问令牌，而没有任何已启用的提供方可以接收它：此类令牌只能发往 https://api.anthropic.com。请使用 API 密钥；如果该地址属于您，请把它加入 settings.oauth.allowed_origins。",
  noProvider: "没有启用任何提供方。请在 providers.yaml 中启用一个，或使用 POST /providers/{name}/enable。",
};
