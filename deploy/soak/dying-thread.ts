/** The agent's probing thread, with a way to make it die in the middle: told by a BroadcastChannel of this name. */
import { BroadcastChannel } from 'node:worker_threads';
import '#agent/probing/worker.ts';

const channel = new BroadcastChannel('sonde-soak-death') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (): void => process.exit(7);
