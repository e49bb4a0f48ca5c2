/**
 * The agent's probing thread, with a way to make it die in the middle: told by a BroadcastChannel of this name, on which
 * it leaves the instant (ms since the epoch) at which it does.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { systemClock } from '#shared/time/clock.ts';
import '#agent/probing/worker.ts';

const channel = new BroadcastChannel('sonde-soak-death') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (): void => {
  channel.postMessage(systemClock.nowMs());
  process.exit(7);
};
