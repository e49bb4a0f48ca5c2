import { connect } from 'node:net';
import type { Endpoint } from '#shared/settings/values.ts';

/** Is there somebody at the end of the way? A refused or reset connection came back from there, so it counts. */
export function askWitness({ host, port }: Endpoint, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const impatience = setTimeout(() => answer(false), timeoutMs);
    const answer = (isAnswered: boolean): void => {
      clearTimeout(impatience);
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once('connect', () => answer(true));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => answer(code === 'ECONNREFUSED' || code === 'ECONNRESET'));
  });
}
