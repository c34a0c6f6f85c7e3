// Chinese words about ccb as a service of systemd or launchd.
import type { serviceWords as english } from "../en/service.ts";

export const serviceWords: typeof english = {
  service: "把 ccb 作为系统服务运行：install、uninstall、print、status",
  action: "install：写入单元并启动；uninstall：卸载；print：显示单元；status：显示状态",
  whichAction: "ccb service 需要其中之一：install、uninstall、print、status",
  systemFlag: "供整台机器使用，以专用用户运行（systemd）",
  configFlag: "服务使用的配置文件",
  storeKeyFlag: "账号存储的密钥文件",
  purgeFlag: "与 uninstall 一起使用：同时删除账号和统计",
  jsonFlag: "输出 JSON",
  noManager: "ccb 不认识此系统上的服务管理器。Windows：请用任务计划程序在您登录时启动 `ccb serve`。",
  noSystemService: "这里只有 systemd 支持整台机器的服务。不带 --system 则是您自己的服务，在您登录时启动。",
  rootNeeded: "整台机器的服务需要 root 权限：sudo ccb service … --system",
  notCompiled: "ccb 正从源代码运行；服务需要编译好的程序：make install",
  pathNotPlain: "某个路径含有控制字符或以反斜杠结尾，无法写入单元。请重命名。",
  programHidden: ({ path }) => `${path} 所在的目录对系统服务不可见。请先把它复制到 /usr/local/bin（make install）。`,
  configHidden: ({ path }) => `${path} 所在的目录对系统服务不可见。请把它移到 /etc/ccb/providers.yaml。`,
  configUnreadable: ({ path, environmentFile }) =>
    `服务以专用用户运行，该用户无权读取 ${path}。` +
    `请把其中的机密移到 ${environmentFile}（NAME=value，权限 600），在配置中写作 \${NAME}，然后执行：chmod 644 ${path}`,
  storeKeyMissing: ({ path }) =>
    `缺少 ${path}：这是账号存储的密钥，没有它 systemd 不会启动服务。` +
    `请生成一个：umask 077; mkdir -p /etc/ccb; head -c 32 /dev/urandom | base64 > ${path}`,
  storeNotKept: "系统服务没有密钥环，每次重启都会丢失账号。请在它的配置中加入：settings: {oauth: {store: file}}",
  notInstalled: "服务没有安装。",
  lessHardened: "这台机器不允许普通用户创建命名空间；服务运行时没有独立的文件系统视图。",
  unreachable: {
    systemd:
      "systemd 没有应答，因此没有写入任何内容。您自己的管理器在您登录期间运行；通过 SSH 或 sudo 时请执行：export XDG_RUNTIME_DIR=/run/user/$(id -u)。" +
      "只查看单元：ccb service print",
    launchd: "launchd 没有应答，因此没有写入任何内容：请在您本人登录的会话中执行，不要通过 SSH。",
  },
  stepFailed: ({ command, code }) => (code === 127 ? `没有这个程序：${command}` : `此命令以 ${code} 结束：${command}`),
  writeFailed: ({ file, reason }) => `无法写入或删除 ${file}（${reason}）。`,
  installed: ({ file }) => `已安装并启动：${file}`,
  next: {
    systemd:
      "查看状态：ccb service status；查看日志：journalctl --user -u ccb。它在您登录时启动；如需随机器启动：loginctl enable-linger",
    launchd: "查看状态：ccb service status；日志：~/Library/Logs/ccb.log。它在您登录时启动。",
    system: "查看状态：ccb service status --system；查看日志：journalctl -u ccb。它随机器启动。",
  },
  absent: ({ file }) => `没有安装服务：${file} 不存在`,
  uninstalled: ({ file }) => `已停止并删除：${file}`,
  tokensStay: "账号和统计保持不变。如需一并删除：ccb service uninstall --purge",
  purged: "已从这台机器删除账号和统计。没有通知令牌服务器：如有需要，请在账号设置中注销这些设备。",
  purgeFailed: ({ reason }) => `无法删除账号和统计：${reason}`,
};
