import { AskedChild } from '../asked-child.ts';
import { type Prober, type ProberName, windowPatienceMs } from './prober.ts';
import type { FromProber, ToProber } from './serve-windows.ts';
import { samplesFrom } from './window.ts';

const READY_WITHIN_MS = 15_000;

/** A prober that is a module of this folder, in a process of its own. Throws when it does not come up. */
export async function openChildProber(
  name: ProberName, file: string, { args, execArgv = [] }: { readonly args: readonly string[]; readonly execArgv?: readonly string[] },
): Promise<Prober> {
  const child = new AskedChild<ToProber, FromProber>({ name: `prober '${name}'`, file: new URL(file, import.meta.url), args, execArgv, serialization: 'advanced' });
  try {
    const { pid } = await child.hear('ready', READY_WITHIN_MS);
    return {
      name, pid, end: () => child.end(),
      async run(window) {
        const { numbers, gaps } = await child.ask({ kind: 'window', window }, 'samples', windowPatienceMs(window));
        return { samples: samplesFrom(numbers), gaps };
      },
    };
  } catch (error) {
    await child.end();
    throw error;
  }
}
