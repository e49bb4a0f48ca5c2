import { layoutOf } from '../engine/kernel/layout.ts';
import { loadSystemCalls } from '../engine/kernel/system-calls.ts';

/** Why the kernel-timed engine is not to be had on this machine, as it is installed; null: it is. */
export function whyNoKernelEngine(): string | null {
  if (layoutOf(process.platform, process.arch) === null) return `there is none for ${process.platform} on ${process.arch}`;
  try {
    loadSystemCalls();
    return null;
  } catch (error) {
    return String((error as Error).message).split('\n')[0]!;
  }
}
