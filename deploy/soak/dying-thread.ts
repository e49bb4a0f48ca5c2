/**
 * The agent's probing thread, with ways to make it die in the middle: told by a BroadcastChannel of this name, on which
 * it leaves the instant (ms since the epoch) at which it does.
 */
import { setImmediate } from 'node:timers';
import { BroadcastChannel } from 'node:worker_threads';
import { systemClock } from '#shared/time/clock.ts';
import '#agent/probing/worker.ts';

const channel = new BroadcastChannel('sonde-soak-death') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (event): void => {
  channel.postMessage(systemClock.nowMs());
  if ((event as { readonly data: 'exit' | 'throw' }).data === 'exit') process.exit(7);
  setImmediate(() => { throw new Error('a planted bug'); });
};
