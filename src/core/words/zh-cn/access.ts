// Words about who may call, for people who read Chinese.
import type { accessWords as english } from "../en/access.ts";

export const accessWords: typeof english = {
  expectSha256: "64 个十六进制数字，由 `ccb key new` 打印",
  expectPath: "以 / 开头的路径，例如 /health，不含 ? 和 #",
  enabledUnsaid: "这里有密钥，却没有说明是否启用；请加上 enabled: true",
  keysIdle: "enabled 为 false，不会要求密钥：任何能连接的程序都可以调用",
  adminUnasked:
    "没有启用密钥，管理接口不用密钥也会回应；请加上 enabled: true，并在 api_keys 中加入一个 role: admin 的密钥（运行 `ccb key new me --role admin` 可打印所需的一行）",
  noKeys: "已启用，但没有任何密钥；运行 `ccb key new NAME` 可生成密钥并打印 api_keys 所需的一行",
  keyOrDigest: "需要 key 或 key_sha256 其中之一，不能同时使用",
  keyNameTwice: "已有同名的密钥（不区分大小写）",
  keyTwice: "同一个密钥出现了两次；每个名称都需要自己的密钥",
  keyShort: "太短，容易被猜到；运行 `ccb key new NAME` 可生成足够强的密钥",
  neverExempt: "启用密钥后，此路径始终需要密钥；只有 /health、/docs 之类的路径可以免除",
  hostName: "必须是主机名或地址，不含协议、端口和路径，例如 ccb.example 或 192.168.1.5",
  network: "必须是地址或地址段，例如 172.16.0.0/12 或 fd00::/8",
  socketTooLong: (bytes) => `作为套接字路径太长，系统最多允许 ${bytes} 字节`,
  noneWithoutSocket: "host 为 none 表示不监听任何地址；请用 socket 指定路径，或给出一个地址",
  noCertificate: "其中没有 PEM 格式的证书（BEGIN CERTIFICATE）",
  noPrivateKey: "其中没有 PEM 格式且不带密码的私钥（BEGIN PRIVATE KEY）",
  keyOfAnother: "不是这张证书的私钥",
  tlsKeyShared: "本机所有用户都能读取这个私钥；请执行 chmod o-r",
  exposed: ({ host, needsKeys, needsTls }) => {
    const keys = [
      "  auth:",
      "    enabled: true",
      "    api_keys:",
      "      - {name: me, key_sha256: …, role: admin}   # 运行 `ccb key new me --role admin` 可打印这一行",
    ];
    const tls = [
      "  tls: {cert: /path/fullchain.pem, key: /path/privkey.pem}",
      "  # 或者：如果前面有 TLS 代理，或由容器映射端口，只写允许不用 TLS 连接的地址：",
      "  plain_http_from: [172.16.0.0/12]",
    ];
    const why = needsKeys ? "任何能连到该地址的人都能使用您的账号" : "密钥和对话会以明文经过网络";
    return [
      `${host} 不只是本机，${why}；ccb 不会这样启动。请只在本机监听（host: 127.0.0.1），或加上：`,
      "settings:",
      ...(needsKeys ? keys : []),
      ...(needsTls ? tls : []),
    ].join("\n");
  },
  adminOpen: ({ host }) => `${host} 不只是本机，auth.admin: open 会让那里的任何人登录或移除账号；请设为 key`,
  stillListening: ({ host }) => `ccb 仍在 ${host} 上监听，这样修改会让它敞开；请重启 ccb，使两者同时生效`,
  noAdminKey: "没有 role: admin 的密钥，也没有 settings.socket：谁都无法登录账号",
  noAllowedHosts:
    "客户端会用您自己的名称访问此地址，而 ccb 只回应 localhost：请把该名称加入 settings.allowed_hosts，否则会得到 403",
  namesWithoutKeys:
    "没有启用密钥，而 ccb 会以 allowed_hosts 中的名称回应：凡是通过本机的代理以这些名称访问的人，都能使用和管理账号；除非只有您能这样访问，否则请加上 enabled: true 和密钥",
  plainFromAnywhere: "plain_http_from 覆盖了所有地址：密钥可能以明文经过任何网络",

  hostRefused:
    "ccb 不以此 Host 提供服务。请使用 http://localhost 和 ccb 的端口；如果这是您的名称，请把它加入 settings.allowed_hosts。",
  plainRefused: "ccb 不接受来自此地址的未加密连接。请使用 TLS，或把该地址加入 settings.plain_http_from。",
  keyNeeded: ({ only }) =>
    only
      ? "此处需要 ccb 的密钥，请放在 x-ccb-key 中（其余凭据会转发给上游）。Claude Code：ANTHROPIC_CUSTOM_HEADERS='x-ccb-key: YOUR_KEY'。运行 `ccb key new NAME` 可生成密钥。"
      : "此处需要 ccb 的密钥，请放在 Authorization: Bearer 或 x-ccb-key 中。Claude Code：ANTHROPIC_AUTH_TOKEN=YOUR_KEY。运行 `ccb key new NAME` 可生成密钥。",
  keyUnknown: ({ only }) =>
    only
      ? "ccb 不认识这个 x-ccb-key。请发送 settings.auth 中的密钥；运行 `ccb key new NAME` 可生成密钥。"
      : "ccb 不认识这个密钥。请用 Authorization: Bearer 或 x-ccb-key 发送 settings.auth 中的密钥；运行 `ccb key new NAME` 可生成密钥。",
  adminNeeded: "此密钥只能调用 /v1/* 和 /health。请使用 role: admin 的密钥，或使用 ccb 的套接字。",
  modelRefused: "此密钥不能使用这个模型。settings.auth 规定了它可以使用哪些模型。",
  modelUntold: "此密钥只能使用部分模型，而请求没有明确说明要用哪一个。",
  targetRefused: "此密钥可以使用的提供方和账号都无法处理此请求。settings.auth 规定了它可以使用哪些。",
  keyToUpstream:
    "给上游的凭据是 ccb 自己的密钥，而这样的密钥绝不会转发。请把它放在 x-ccb-key 中，并另外附上上游自己的凭据。",
  tooMany: ({ limit }) => `此密钥每分钟可以发送 ${limit} 个请求，现已用完。请按 retry-after 等待。`,
  tooManyAtOnce: ({ limit }) => `此密钥可以同时进行 ${limit} 个请求，现已达到。请等其中一个结束后再试。`,

  key: "为可以调用的人生成密钥",
  keyAction: "new：打印一个新密钥（仅此一次），以及 providers.yaml 中所需的一行",
  keyName: "密钥的名称",
  keyRole: "client（/v1/* 和 /health）或 admin（全部）",
  keyNameBad: "密钥名称为 1 到 200 个字符，不含控制字符，首尾没有空白",
  keyRoleBad: "--role 只能是 client 或 admin",
  keyMade: "密钥，只在此时显示（ccb 不会保存）：",
  keyLine: "providers.yaml 中所需的一行，放在 settings.auth（enabled: true）的 api_keys 之下：",
  keyUse: "客户端用 x-api-key、Authorization: Bearer 或 x-ccb-key 发送它；Claude Code 使用 ANTHROPIC_AUTH_TOKEN。",
  whichKeyAction: "请说明是谁的密钥：ccb key new NAME",

  socketTaken: ({ path }) => `另一个程序正在监听 ${path}。请停止它，或换一个 settings.socket。`,
  socketRefused: ({ path, why }) => {
    const reason = {
      other_owner: "它属于另一个用户",
      not_a_socket: "那里有一个不是套接字的文件",
      folder: "它所在的目录不存在，或者其他人可以在那里放置文件来替换它",
    }[why];
    return `ccb 无法监听 ${path}：${reason}。请把 settings.socket 换到您自己的目录中。`;
  },
  socketFailed: ({ path, reason }) => `ccb 无法监听 ${path}（${reason}）。请换一个 settings.socket。`,
  tlsFailed: ({ reason }) => `ccb 无法使用 settings.tls 的证书或私钥（${reason}）。`,
};
