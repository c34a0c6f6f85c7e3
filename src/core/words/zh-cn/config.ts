// Words about the configuration, simplified Chinese.
import type { configWords as english } from "../en/config.ts";

const quoted = (names: readonly string[]): string => names.map((name) => `“${name}”`).join("、");

export const configWords: typeof english = {
  error: "错误",
  warning: "警告",

  yamlSyntax: "此处不是有效的 YAML；请检查本行及前几行的引号、括号、冒号和缩进",
  yamlTab: "本行使用了制表符缩进；YAML 只允许使用空格缩进",
  yamlIndent: "缩进与前面的行不一致",
  yamlAlias: "未加引号且以 * 或 & 开头的值会被当作锚点引用，而该锚点不存在；请给这个值加上双引号",
  yamlStarKey: '以 * 开头的键必须加引号："*haiku*": …',
  yamlTag: "未加引号且以 ! 开头的值会被当作 YAML 标签；请给这个值加上双引号",
  yamlVariable: '在 { } 和 [ ] 中，未加引号的 ${NAME} 会被当作映射的开头；请写成 "${NAME}"',
  yamlEscape: "反斜杠后的转义字符无法识别；请改用单引号",
  yamlDocuments: "从此处开始了第二个 YAML 文档；一个文件只能包含一个文档",
  yamlMissing: "此处缺少引号、括号、逗号、冒号或空格",
  yamlNested: "嵌套层数过多",
  yamlTooLarge: "值过多或嵌套过深（是否有别名互相重复引用？）",
  fileEmpty: "文件为空；至少需要 “providers”",

  keyNotText: "键必须是普通文本",
  keyTwice: "此处的键重复；请删去其中一个",
  keyMissing: "缺少这个键",
  keyUnknown: (candidates) =>
    candidates.length === 0
      ? "未知的键"
      : candidates.length === 1
        ? `未知的键；您是否想写${quoted(candidates)}？`
        : `未知的键；此处可用的键：${candidates.join("、")}`,
  keyElsewhere: (path) => `此处没有这个键；它应写在 “${path}”`,
  valueWrong: (expected) => `必须是${expected}`,
  valueEmpty: (expected) => `值为空；请填写${expected}，或删去这一行`,
  expectWords: (allowed) => (allowed.length === 1 ? quoted(allowed) : `以下之一：${allowed.join("、")}`),
  expectBoolean: " true 或 false",
  expectInteger: (from, to) => ` ${from} 到 ${to} 之间的整数`,
  expectNumber: (from, to) => ` ${from} 到 ${to} 之间的数字`,
  expectNumberAbove: (above, to) => `大于 ${above} 且不超过 ${to} 的数字`,
  expectList: (from, to) => `包含 ${from} 到 ${to} 项的列表（“- …” 或 [a, b]）`,
  expectMapping: "一个独立的小节（缩进的 “键: 值”）",
  expectName: (length) => ` 1 到 ${length} 个字符的文本，不含控制字符，首尾不留空白（数字请加引号）`,
  expectVisible: (length) => ` 1 到 ${length} 个可见的 ASCII 字符，不含空白`,
  expectScopes: "以单个空格分隔的授权范围，例如 “user:profile user:inference”",
  expectText: (length) => ` 1 到 ${length} 个字符的文本（数字请加引号）`,
  expectAccount: "账号的邮箱文本，或一个含有 email 的小节（{email: …, reserve_percent: …}）",
  expectOther: "其他类型的值",
  environmentUnset: (name) => `环境变量 ${name} 未设置或为空；请设置后重新启动`,
  environmentMalformed: "只支持 ${NAME} 的写法，名称由字母、数字和下划线组成；如需字面的 ${，请写成 $${",

  providersAllSkipped: "没有可用的提供方；请添加一个 type 为 anthropic 且填写了 auth_value 的提供方",
  providersAllDisabled: "所有提供方都已停用；无法处理任何请求",
  nameTwice: "已有同名的提供方（不区分大小写）",
  baseUrlEndsInV1: "以 /v1 结尾，请求会发往 …/v1/v1/messages；除非该提供方确实需要两个 /v1，否则请去掉",
  oauthWithApiKey: "“oauth” 使用访问令牌签名，须以 auth_token 方式发送；请设置 auth_type: auth_token",
  oauthNotAllowedThere:
    "Claude 访问令牌只能发往 https://api.anthropic.com 和本机；如果您信任这个 base_url，请把它的源（协议、主机和端口）加入 settings.oauth.allowed_origins",
  authValueMeant: (word) => `您是否想写 “${word}”？密钥不会这么短`,
  keyNotSendable: "密钥中含有空白、换行或 HTTP 头无法携带的字符；请重新复制",
  keyIsRefreshToken: "这是刷新令牌，任何提供方都不接受；请改写为 “oauth” 并登录",
  accountsWithoutOauth: "只能与 auth_value: oauth 一起使用",
  accountTwice: "列表中已有这个账号（不区分大小写）",
  providerOpenai: "已跳过：type 为 openai 的提供方，ccb 不支持该协议",
  providerKeyless: "已跳过：该提供方的 auth_value 为空",

  routeProviderUnknown: (near, known) =>
    near === null
      ? `没有叫这个名称的提供方；文件中有：${quoted(known)}`
      : `没有叫这个名称的提供方；您是否想写${quoted([near])}？`,
  routeModelMeant: (word) => `您是否想写 “${word}”？它表示模型名称保持不变`,
  routeEntrySkipped: "未使用：这个提供方已被跳过",
  routeEntryTwice: "未使用：此路由中已有同一提供方，且模型相同",
  routeSkipped: "未生效：其中的提供方均已被跳过；这些模型改由后面的路由处理，若无匹配则可由任一提供方处理",

  urlInvalid: "必须是形如 https://host/path 的地址",
  urlQuery: "不能包含查询部分（?…）",
  urlFragment: "不能包含片段部分（#…）",
  urlUserinfo: "不能包含用户名或密码",
  urlInTheClear: "必须以 https:// 开头；明文 http:// 只能用于本机（localhost、127.0.0.1、::1）",
  originWithPath: "必须是源：只含协议、主机和端口，不带路径",
  tokensNotAllowedThere:
    "授权码和刷新令牌只能发往 https://platform.claude.com 和本机；如果您信任这个地址，请把它的源（协议、主机和端口）加入 settings.oauth.allowed_origins",
  proxySocks: "不支持 SOCKS 代理（Bun 没有此功能）；请使用代理软件的 HTTP 端口：http://host:port",
  proxyInvalid: "必须是代理地址：http://host:port 或 https://host:port",
  proxyInTheClear: "目标地址是明文 http://，位于其他机器上的代理会看到凭据；请改用 https:// 或本机代理",

  caFileUnusable: "无法读取，或其中没有 PEM 格式的证书（BEGIN CERTIFICATE）",

  legacyKey: "这是旧版 Python 均衡器的键；ccb 不使用",
  legacyMoved: (path) => `这是旧版 Python 均衡器的键，不会生效；ccb 中与之对应的是 ${path}`,
  legacyTimeouts: "这是旧版 Python 均衡器的超时设置；ccb 使用 timeouts.first_byte、first_byte_stream、idle 和 upload",

  fileMissing: "文件不存在",
  fileUnreadable: (code) => `无法读取（${code}）`,
  fileNotRegular: "不是普通文件",
  fileTooLarge: (bytes) => `超过 ${bytes} 字节`,
  fileNotUtf8: "不是 UTF-8 文本",
  fileOwner: (path) =>
    `属于其他用户，对方可能借此把您的令牌发往别处；如果确认要使用，请运行：chown "$(id -un)" '${path}'`,
  fileWritable: (path) => `其他用户可以改写此文件，并可能借此把您的令牌发往别处；请运行：chmod go-w '${path}'`,
};
