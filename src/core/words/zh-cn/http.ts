// Words of ccb's own HTTP interface, for people who read Chinese.
import type { httpWords as english } from "../en/http.ts";

export const httpWords: typeof english = {
  pageNeedsScript: "此页面需要 JavaScript。也可在终端中查看：ccb status",
  internal: "ccb 处理此请求时自身出错。日志中有一行带有此请求编号；请重试，若仍出现请报告。",
  notFound: "此路径下没有内容。GET /docs 列出了所有路径；Claude 的 API 位于 /v1/ 之下。",
  methodNotAllowed: ({ allow }) => `此路径不接受该方法。可用的方法：${allow}。`,
  notJson: '正文必须是 JSON。请加上 -H "Content-Type: application/json" 发送。',
  brokenJson: "正文不是有效的 JSON。请检查引号和逗号。",
  bodyTooLong: "正文超出此路径允许的长度。请只发送 GET /docs 中列出的字段。",
  invalidFields: ({ fields }) => `以下字段缺失或不符合 GET /docs 的说明：${fields}。`,
  badHost: "Host 头缺失或不是主机名。请使用 ccb 监听的地址，例如 localhost:9090。",
  badPath: "路径中含有不是 UTF-8 的转义。请重新编码。",
  providerUnknown: "没有配置此名称的提供方。GET /providers 列出了所有提供方。",
  requestUnknown: "没有此编号的请求记录：只保留启动以来最近的 1,000 个请求。GET /requests 列出了最新的请求。",
  badLimit: ({ most }) => `limit 必须是一个 1 到 ${most} 之间的整数。`,
  tooManyListeners: ({ most }) => `已有 ${most} 个程序在收听 ccb 的请求，或 ccb 即将停止。请关闭其中一个后重试。`,
  reloadRefused: ({ problems }) => ["配置未加载，仍沿用当前配置。请修正以下问题后重新加载：", ...problems].join("\n"),
  foreignPage:
    "ccb 只回应程序，不回应其他网站的网页：Origin 或 Sec-Fetch-Site 头指向了别的网站。请用程序调用 ccb，或使用 ccb 自己的页面。",
};
