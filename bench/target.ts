// What is measured: something that answers POST /v1/messages.
import { cpuSeconds } from "./measure.ts";

export interface Target {
  readonly name: string;
  readonly url: string;
  /** Without one its CPU and memory are not looked at. */
  readonly pid?: number;
}

/** Does something, and gives its result with the CPU seconds that the target's own process spent meanwhile. */
export async function withCpu<Result>(
  { pid }: Target,
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cpu: number | undefined }> {
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  const result = await run();
  return { result, cpu: pid === undefined ? undefined : cpuSeconds(pid) - before };
}
