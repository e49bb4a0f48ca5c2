import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Prober, type ProberName, windowPatienceMs } from './prober.ts';
import type { FromProber, ToProber } from './serve-windows.ts';
import { samplesFrom } from './window.ts';

const READY_WITHIN_MS = 15_000;

/** A prober that is a module of this folder, in a process of its own. Throws when it does not come up. */
export async function openChildProber(
  name: ProberName, file: string, { args, execArgv = [] }: { readonly args: readonly string[]; readonly execArgv?: readonly string[] },
): Promise<Prober> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced', execArgv: [...execArgv] });
  const answer = <K extends FromProber['kind']>(kind: K, withinMs: number): Promise<Extract<FromProber, { kind: K }>> => new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(impatience);
      child.off('message', onMessage).off('exit', onExit);
      act();
    };
    const onMessage = (message: unknown): void => {
      if ((message as FromProber).kind === kind) settle(() => resolve(message as Extract<FromProber, { kind: K }>));
    };
    const onExit = (): void => settle(() => reject(new Error(`the prober '${name}' ended`)));
    const impatience = setTimeout(() => settle(() => reject(new Error(`the prober '${name}' did not answer within ${withinMs} ms`))), withinMs);
    child.on('message', onMessage).on('exit', onExit);
  });
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.connected) child.disconnect();
    const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(impatience);
  };
  try {
    const { pid } = await answer('ready', READY_WITHIN_MS);
    return {
      name, pid, end,
      async run(window) {
        const told = answer('samples', windowPatienceMs(window));
        child.send({ kind: 'window', window } satisfies ToProber);
        const { numbers, gaps } = await told;
        return { samples: samplesFrom(numbers), gaps };
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
