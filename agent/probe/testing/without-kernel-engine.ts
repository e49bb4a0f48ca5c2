import type { TestContext } from 'vitest';
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

const reason = whyNoKernelEngine();

/** First thing in a test, or before each, of what only the kernel-timed engine does: skips it, and says why, where there is none. */
export function skipWithoutKernelEngine({ skip }: Pick<TestContext, 'skip'>): void {
  if (reason !== null) skip(`no kernel-timed engine: ${reason}`);
}
