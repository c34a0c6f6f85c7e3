// Words that tell ccb's owner what happened, by webhook or on the desktop, for people who read Chinese.
import type { notifyWords as english } from "../en/notify.ts";

function windowName(name: string): string {
  if (name === "5h") return "五小时窗口";
  return name === "7d" ? "每周窗口" : `“${name}”窗口`;
}

function duration(minutes: number): string {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days > 0) return `${days} 天 ${hours} 小时`;
  return hours > 0 ? `${hours} 小时 ${minutes % 60} 分钟` : `${minutes} 分钟`;
}

export const notifyWords: typeof english = {
  loginRequired: ({ account, reason }) =>
    `账号 ${account} 需要重新登录${reason === "" ? "" : `（${reason}）`}。请运行：ccb login`,
  loginResolved: ({ account }) => `账号 ${account} 可以再次使用。`,
  durable: "账号又能持久保存了。",
  windowHigh: ({ account, window, percent, minutes }) =>
    `账号 ${account} 的${windowName(window)}已用 ${percent}%。${minutes === null ? "" : `${duration(minutes)}后重新计算。`}`,
  windowResolved: ({ account, window, percent }) =>
    `账号 ${account} 又有余量了：${windowName(window)}的用量已低于 ${percent}%。`,
};
