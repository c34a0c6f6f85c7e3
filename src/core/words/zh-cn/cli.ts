// Words of the command line and the console, for people who read Chinese.
import type { cliWords as english } from "../en/cli.ts";

export const cliWords: typeof english = {
  description: "Claude Code Balancer：用您自己的账号或密钥签名、均衡并转发 Claude API 请求。",
  usage: "用法：",
  options: "选项：",
  commands: "命令：",
  arguments: "参数：",
  helpOption: "显示此帮助",
  helpCommand: "显示某个命令的帮助",
  versionOption: "显示版本",
  serve: "启动服务（默认命令）",
  check: "检查配置并打印生效的内容（隐藏机密）",
  init: "把默认配置写入您自己的配置目录",
  configFlag: "配置文件",
  hostFlag: "监听地址",
  portFlag: "监听端口；0 表示任意空闲端口",
  levelFlag: "DEBUG、INFO、WARNING 或 ERROR",
  usageError: ({ text }) => `ccb：${text}\n运行 'ccb --help' 查看用法。`,
  noSuchOption: ({ name }) => `没有选项 ${name}`,
  optionNeedsValue: ({ name }) => `${name} 需要一个值`,
  tooManyWords: "没有这个命令，或者参数过多",
  defaultsTo: ({ value }) => `（默认：${value}）`,
  didYouMean: ({ name }) => `（是想用 ${name} 吗？）`,
  checkGood: ({ file }) => `配置有效：${file}`,
  embedded: "程序内置的默认配置",
  configBad: ({ count }) => `ccb 没有启动：配置中有 ${count} 个问题。`,
  reloadRefused: "配置未重新加载，原有配置继续生效：",
  restartNeeded: ({ keys }) => `配置已重新加载。以下设置需要重启 ccb 才能生效：${keys.join("、")}。`,
  unread: ({ file }) => `没有读取 ${file}：它可能来自任何人。如需使用：ccb --config ${file}`,
  initWritten: ({ file }) => `已写入：${file}`,
  initExists: ({ file }) => `${file} 已存在，保持不变。如需重新开始，请先删除它。`,
  initFailed: ({ file, reason }) => `无法写入 ${file}（${reason}）。`,
  addressInUse: ({ host, port }) =>
    `另一个程序正在监听 ${host} 端口 ${port}。请停止它，或换一个端口：ccb --port ${port + 1}`,
  addressFailed: ({ host, port, reason }) =>
    `ccb 无法监听 ${host} 端口 ${port}（${reason}）。请用 --host 或 --port 换一个。`,
  noDescriptors:
    "ccb 的文件描述符已用尽，新连接要等到有空闲时才会被接受。如果这是正常使用造成的，请提高上限（ulimit -n、LimitNOFILE）。",
  stopping: ({ seconds }) => `正在停止：进行中的流有 ${seconds} 秒时间结束。再按一次立即停止。`,
  providers: "提供方",
  tokens: "令牌",
  configuration: "配置",
  point: "让 Claude Code 使用它",
  page: "（状态与管理页面）",
  docs: "API 文档",
  disabled: "已停用",
  signedIn: ({ count }) => `已登录 ${count} 个账号`,
  nobody: "尚未登录：第一个请求会打印需要打开的地址",
  withKey: "API 密钥",
  passthrough: "原样转发客户端自己的凭据",
  inMemory: ({ why }) => `只在内存中：${why}`,
  kept: "令牌保存在系统密钥环中。",
  damagedEntry: ({ entry, damage, file }) => {
    const why = {
      corrupt: "已损坏",
      future: "由更新版本的 ccb 写入",
      missing: "在索引中有记录但不存在",
      ambiguous: "存在两份，其中一份由其他程序写入",
      wrong_key: "是用另一个密钥加密的",
      foreign: "并非只属于当前用户",
    }[damage];
    const whereabouts = file !== null ? `；已另存为 ${file}` : damage === "missing" ? "" : "；已保持原样";
    return `已保存的条目 ${entry} ${why}${whereabouts}。`;
  },
  damagedAccountMend: "其中的账号现在没有登录，请重新登录：ccb login",
  damagedMend: "ccb 会在没有它的情况下继续运行：账号不受影响，计数重新开始。无需处理。",
};
