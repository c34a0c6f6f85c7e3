// Chinese words about what was used: the file of the sums, and what somebody may ask of it.
import type { usageWords as english } from "../en/usage.ts";

export const usageWords: typeof english = {
  setAside: ({ path, aside }) => `用量文件已损坏，现保存为 ${path}/${aside}；已新建一个文件。`,
  newer: ({ path }) =>
    `${path} 由更新版本的 ccb 写入。当前版本不会改动它，用量只在内存中统计。请启动更新版本的 ccb，或移走该文件。`,
  foreign: ({ path }) =>
    `${path} 或其目录并非只属于当前用户，或者是链接。用量只在内存中统计。` +
    "目录和文件必须属于运行 ccb 的用户，且不对其他用户开放：`chmod 700` 和 `chmod 600`。",
  unwritable: ({ path }) =>
    `用量无法写入 ${path}：磁盘已满、文件只读，或正被其他程序占用。` +
    "用量暂在内存中统计，ccb 会继续重试。请释放磁盘空间，并确认目录可写。",
  back: "用量已恢复写入文件。",
  badBy: ({ names }) =>
    `by 必须是以下各项中的一项或多项，每项至多一次，用逗号分隔：${names.join("、")}。例如：by=day,model。`,
  badMoment: ({ name }) =>
    `${name} 必须是日期（2026-01-31）、时间（2026-01-31T14:00）、Unix 秒数，或 7d、24h 这样的时长。`,
  twice: ({ name }) => `${name} 只能出现一次。`,
  backwards: "until 不能早于 since。",
  badFormat: "format 必须是 json 或 csv。",
  tooMuch: "结果将超过 50,000 行。请缩短时间范围，或减少分组项。",
};
