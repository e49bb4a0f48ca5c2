import { Descriptors } from './descriptors.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** Closes what a thread that has ended left open; how many that were. Nothing was opened where the calls do not load. */
export function closeDescriptors(memory: SharedArrayBuffer, load: () => Pick<SystemCalls, 'close'> = loadSystemCalls): number {
  const descriptors = new Descriptors(memory);
  const held = descriptors.held();
  if (held.length === 0) return 0;
  const calls = load();
  for (const fd of held) {
    descriptors.release(fd);
    calls.close(fd);
  }
  return held.length;
}
