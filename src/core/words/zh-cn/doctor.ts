// Words of `ccb doctor`, for people who read Chinese.
import type { doctorWords as english } from "../en/doctor.ts";

export const doctorWords: typeof english = {
  command: "检查 ccb、账号或 Claude Code 为何不能工作，并说明怎么办；发现问题时退出码为 1",
  selfTestFlag: "用程序内置的上游测试登录、流式传输、刷新、故障转移和中断",
  jsonFlag: "打印 JSON",
  keyFlag: "ccb 的密钥（当服务器要求时；最好用环境变量 CCB_KEY）",
  level: { ok: "正常", warning: "警告", problem: "问题" },
  check: {
    configuration: "配置",
    port: "端口",
    store: "账号保存",
    other_ccb: "其他 ccb",
    clock: "时钟",
    upstream: "上游",
    token_endpoint: "令牌端点",
    proxy: "代理",
    permissions: "文件权限",
    claude_code: "Claude Code",
    client_path: "客户端通路",
  },
  summary: ({ problems, warnings }) => {
    if (problems > 0) return `${problems} 个问题，${warnings} 个警告。请先解决问题。`;
    return warnings > 0 ? `没有问题，${warnings} 个警告。` : "一切正常。";
  },
  tookTooLong: ({ seconds }) => `这项检查在 ${seconds} 秒内没有结果。`,
  failed: ({ reason }) => `无法进行这项检查（${reason}）。`,

  configurationGood: ({ file, providers }) => `${file ?? "程序内置的默认配置"}，已启用 ${providers} 个提供方`,
  noProvider: "没有启用任何提供方，因此无法提供服务。",
  enableProvider: "请在 providers.yaml 中把其中一个设为 enabled: true。",
  onlyInEnvironmentFile: ({ file }) => `配置需要 ${file} 中的变量才有效：服务有这些变量，而当前 shell 没有。`,
  configurationMend: "`ccb check` 会给出同样的说明；请修改文件，保存后 ccb 会立即采用。",
  unreadMend: ({ file }) => `要使用它：ccb --config ${file}`,
  unreadThere: ({ file }) => `${file} 在当前目录中，但没有读取：它可能来自任何人。`,

  portOurs: ({ address, version }) => `ccb ${version === null ? "" : `${version} `}在 ${address} 应答`,
  portOtherVersion: ({ address, theirs, ours }) => `在 ${address} 应答的 ccb 版本是 ${theirs}，而本程序是 ${ours}。`,
  restart: "请重新启动它（如果是服务，请再次运行 `ccb service install`）。",
  portFree: ({ address }) => `${address} 空闲，那里没有运行 ccb`,
  portAny: "将使用任意一个空闲端口（port: 0）",
  portSocket: "ccb 只在套接字上监听，目前没有 ccb 在那里应答",
  start: "请用 `ccb` 启动，或用 `ccb service install` 作为服务启动。",
  portTaken: ({ address }) => `另一个程序正在 ${address} 监听。`,
  portTakenMend: ({ port }) => `请停止它，或换一个端口：ccb --port ${port + 1}`,
  portSilent: ({ address, seconds }) => `在 ${address} 监听的程序 ${seconds} 秒内没有应答。`,
  portSilentMend: "如果那是 ccb，请重新启动它；它的日志会说明在等待什么。",
  portRefused: ({ address, reason }) => `ccb 无法在 ${address} 监听（${reason}）。`,
  portRefusedMend: "请用 settings.host 和 settings.port 换一个地址；1024 以下的端口属于系统。",
  serverMend: "请检查 settings.tls，以及在那里监听的是什么程序。",

  storeWorks: ({ kind }) =>
    `${kind === "keyring" ? "系统密钥环" : "加密存储"}写入、读回并删除了一个测试条目：账号可以持久保存。`,
  storeServer: ({ detail }) => `正在运行的 ccb 表示：${detail}`,
  storeServerMend: "它的控制台和日志会说明怎么办；在此之前，账号会随该进程结束而丢失。",
  storeAsk: "正在运行的 ccb 占用着加密存储，而它只向持有密钥的调用方说明存储的状态。",
  storeAskMend: "请为本命令提供密钥：CCB_KEY=密钥 或 --key 密钥。",
  storeMemory: "按照 settings.oauth，账号只保存在内存中：重启后即丢失。",
  storeMemoryMend: "要保存账号，请从 settings.oauth 中删除 enable_persistence: false 和 store: memory。",
  storeFails: ({ why, detail }) => `账号无法持久保存：${why}（${detail}）。`,
  storeHeldElsewhere: "账号存储正被另一个 ccb 使用，因此没有测试。",
  storeHeldElsewhereMend: "请按关于其他 ccb 的说明处理，然后再次运行 `ccb doctor`。",
  lockOurs: "账号存储由正在运行的 ccb 使用。",
  lockFree: "没有其他 ccb 使用这个账号存储。",
  lockNone: "没有保存任何内容，因此也没有共用的存储。",

  clockGood: ({ server }) => `误差在一分钟以内（依据 ${server} 的 Date）`,
  clockWrong: ({ seconds, server }) => {
    const minutes = Math.round(Math.abs(seconds) / 60);
    const far = minutes < 120 ? `${minutes} 分钟` : `${Math.round(minutes / 60)} 小时`;
    return `本机时钟比 ${server} ${seconds > 0 ? "快" : "慢"} ${far}。`;
  },
  clockMend:
    "令牌的到期时间按本机时钟计算，证书验证也会失败。Linux：`timedatectl set-ntp true`；macOS 和 Windows：请设为自动校时。",
  clockUnsaid: "服务器有答复，但没有告知当前时间（没有 Date 标头）。",
  clockUnsaidMend: "请与另一个时钟对照：date -u",
  clockUnknown: "没有服务器告知当前时间。",
  clockUnknownMend: "请先解决无法连接上游的问题，然后再次运行 `ccb doctor`。",

  reached: ({ name, origin, status }) => `${name}：${origin} 有应答（HTTP ${status}）`,
  tokenEndpoint: "登录与刷新",
  reachFailed: ({ name, origin, proxy, reason, code }) => {
    const way = proxy === null ? `无法连接 ${origin}` : `无法经代理 ${proxy} 连接 ${origin}`;
    const why = {
      refused: proxy === null ? "那里没有程序监听，或网络已断开" : "代理没有应答",
      unknown_host: proxy === null ? "域名无法解析（DNS）" : "代理的名称或代理处的主机名无法解析（DNS）",
      tls: "TLS 失败：证书不可信，或对方不支持 TLS",
      tunnel: "代理不为它建立隧道",
      proxy_login: "代理要求用户名和密码",
      silent: "5 秒内没有应答",
      other: "连接中断",
    };
    return `${name}：${way}：${why[reason]}（${code}）。`;
  },
  reachMend: {
    refused: "请检查本机网络是否连通，base_url 和代理是否正确。",
    unknown_host: "请检查本机网络和 DNS 是否可用，名称是否拼写正确。",
    tls: "如果公司会检查 TLS 流量，请用 settings.ca_file: 文件 指定其证书颁发机构；否则请检查地址和时钟。",
    tunnel: "请代理的管理者放行该主机，或换一个代理：提供方的 `proxy:`、settings.oauth.proxy。",
    proxy_login: "请写进代理地址：http://用户名:密码@主机:端口",
    silent: "可能被防火墙丢弃：请设置代理（提供方的 `proxy:`、HTTPS_PROXY），或换一个网络。",
    other: "请重试；如果一直如此，则是防火墙或代理中断了连接：请换一个网络或代理。",
  },

  noProxy: "没有设置代理：ccb 直接连接",
  proxyDirect: ({ host }) => `${host}：直接连接`,
  proxyLoopback: ({ host }) => `${host}：直接连接，因为就是本机`,
  proxyExempt: ({ host }) => `${host}：按 NO_PROXY 直接连接`,
  proxyOwn: ({ host, proxy }) => `${host}：经 ${proxy}，由 providers.yaml 指定（NO_PROXY 对此不起作用）`,
  proxyEnvironment: ({ host, proxy, name }) => `${host}：经 ${proxy}，来自当前 shell 的环境变量 ${name}`,
  proxyUnusable: ({ host, name }) => `${host}：${name} 指定的代理 ccb 无法使用。`,
  proxyUnusableMend: "只支持 http:// 和 https:// 代理，不支持 SOCKS：http://主机:端口",
  proxyUnreadable: "无法识别的地址",

  permissionsGood: "只有您能更改 ccb 信任的内容，也只有您能读取其中的机密",
  permissionsNone: "此系统没有这类权限；他人由您的用户配置文件隔离",
  fileForeign: ({ file }) => `${file} 属于另一个用户。`,
  fileForeignMend: ({ file }) => `chown "$(id -u)" ${file}`,
  fileWritable: ({ file }) => `其他人可以更改 ${file}。`,
  fileReadable: ({ file }) => `其他人可以读取 ${file}，而其中有机密。`,
  chmod: ({ mode, file }) => `chmod ${mode} ${file}`,

  claudeVersion: ({ version }) => `版本 ${version}`,
  claudeMissing: "PATH 中没有 `claude`。",
  claudeFailed: ({ reason }) => `\`claude --version\` 无法运行（${reason}）。`,
  claudeFailedMend: "请自行运行它，看看它的输出；`claude doctor` 也可能有帮助。",
  settingsUnreadable: ({ file, reason }) => `${file} 无法作为 Claude Code 的设置读取（${reason}）。`,
  settingsMend: "请修正它：目前其中的设置不起作用。",
  from: ({ name, source }) => (source === null ? name : `${name}（来自 ${source}）`),
  baseUrlUnset: "这里没有设置 ANTHROPIC_BASE_URL：从当前 shell 启动的 `claude` 不会经过 ccb。",
  baseUrlUnsetMend: '请用 `ccb run -- claude` 启动它，或设置环境变量：eval "$(ccb env)"',
  baseUrlOurs: ({ name, url }) => `${name} 指向这里：${url}`,
  baseUrlElsewhere: ({ name, url, ours }) => `${name} 指向 ${url}，而本机的 ccb 在 ${ours}。`,
  baseUrlBad: ({ name }) => `${name} 不是 http 或 https 地址。`,
  baseUrlScheme: ({ name, scheme }) => `${name} 不以 ${scheme}:// 开头，而 ccb 的地址是这样开头的。`,
  baseUrlPath: ({ name, path }) => `${name} 以 ${path} 结尾。Claude Code 会自己加上 /v1/messages，因此什么也找不到。`,
  baseUrlMend: ({ ours }) => `请设为 ${ours}（\`ccb env\` 会打印需要的命令）。`,
  onlySocket: "ccb 只在套接字上监听（host: none），而 Claude Code 需要一个地址。",
  onlySocketMend: "请把 settings.host 设为 127.0.0.1。",
  sends: ({ name }) => `它发送 ${name}，ccb 会换成所选的账号或密钥。`,
  sendsKey: ({ name }) => `它把 ${name} 作为 ccb 的密钥发送。`,
  sendsThrough: ({ name }) => `它发送 ${name}，ccb 会原样转给提供方。`,
  sendsNothing: "没有设置凭据，因此 Claude Code 会要求自行登录，或把它自己登录的令牌发给 ccb。",
  sendsNothingMend: "请把 ANTHROPIC_AUTH_TOKEN 设为任意一个词，例如 ccb（`ccb env` 会打印需要的命令）。",
  keyWanted: "这里的 ccb 要求密钥，而 Claude Code 没有密钥可发送。",
  keyWantedMend: "用 `ccb key new 名称` 创建一个，然后运行：CCB_KEY=密钥 ccb env",
  placeholderThrough: ({ name }) => `设置了 ${name}，ccb 会原样转发：提供方收到的是它，而不是 Claude Code 自己的登录。`,
  placeholderThroughMend: "请取消设置，除非它就是该提供方的凭据。",
  severalCredentials: ({ used, others }) => `使用的是 ${used}；同时还设置了 ${others.join("、")}。`,
  severalCredentialsMend: "请取消不需要的那些：否则 Claude Code 会发出警告，或每次询问。",
  oauthTokenSent: ({ name }) => `${name} 会随每个请求原样发给 ccb。`,
  cloudProvider: ({ name }) => `设置了 ${name}：无论 ANTHROPIC_BASE_URL 是什么，Claude Code 都会连接那个云服务。`,
  unset: ({ name }) => `请取消设置 ${name}。`,
  clientProxied: ({ name, host }) => `设置了 ${name}，而 NO_PROXY 中没有 ${host}：Claude Code 会经代理访问 ccb。`,
  clientProxiedMend: ({ host }) =>
    `请把 ${host} 加入 NO_PROXY（\`ccb env\` 和 \`ccb run\` 会这样做）；以其他方式启动客户端时：export NO_PROXY="$NO_PROXY,localhost,127.0.0.1,::1"`,
  customUrl:
    "使用自定义地址时，它每轮只发送一个流式的 POST /v1/messages，之前不查询额度；" +
    "/context 会同时发出约 24 个计数请求；只有设置 CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1 才会列出模型；" +
    "遇到 429 和 5xx 会重试约三分钟，但 retry-after 超过 60 秒时不会重试；" +
    "流静默 300 秒后，它会改用非流式方式重新请求。",

  pathGood: ({ url, proxy }) => `GET ${url}/health（${proxy === null ? "直接连接" : `经 ${proxy}`}）：ccb 有应答`,
  pathNotTried: "没有测试：没有 ccb 应答。",
  pathElsewhere: "没有测试：ANTHROPIC_BASE_URL 没有指向这里。",
  pathStranger: ({ url, proxy, status }) =>
    proxy === null
      ? `GET ${url}/health：应答的不是 ccb（HTTP ${status}）。`
      : `GET ${url}/health：应答的是代理 ${proxy}，不是 ccb（HTTP ${status}）。`,
  pathFailed: ({ url, proxy, code }) =>
    `GET ${url}/health（${proxy === null ? "直接连接" : `经 ${proxy}`}）失败（${code}）。`,
  pathTls: ({ file }) => `Claude Code 不信任 ccb 的证书：export NODE_EXTRA_CA_CERTS=${file}`,
  pathMend: "请把 ANTHROPIC_BASE_URL 与 `ccb status` 显示的地址对照。",

  selfTest: {
    title: "用程序内置的上游测试 ccb；不会触及您的账号、配置和密钥环。",
    step: {
      sign_in: "登录",
      stream: "流式传输",
      refresh: "刷新",
      failover: "故障转移",
      abort: "中断",
    },
    did: {
      sign_in: "两个账号，已校验 PKCE",
      stream: "逐字节一致，且没有滞留",
      refresh: "令牌过期后，四个并发请求只刷新一次",
      failover: "一个账号达到限额，由另一个账号应答",
      abort: "客户端离开后，ccb 也随即断开",
    },
    good: ({ took }) => `所有步骤正常（${took}）。`,
    bad: ({ count }) => `${count} 个步骤不正常。这是 ccb 或本机的故障：请附上以上输出报告。`,
    notStarted: ({ reason }) => `无法启动服务器（${reason}）。`,
    skipped: "未测试，因为没有账号登录",
    fault: {
      status: ({ detail }) => `应答不符合预期（${detail}）`,
      bytes: ({ detail }) => `收到的字节不一致（${detail}）`,
      challenge: ({ detail }) => `登录地址中没有 PKCE 质询（${detail}）`,
      accounts: ({ detail }) => `已登录的账号数不是 2（${detail}）`,
      refreshes: ({ detail }) => `令牌端点的刷新次数为 ${detail}，而不是 1`,
      attempts: ({ detail }) => `另一个账号没有在第二次尝试时应答（尝试次数：${detail}）`,
      silent: ({ detail }) => `在 ${detail} 内没有结束`,
    },
  },
};
