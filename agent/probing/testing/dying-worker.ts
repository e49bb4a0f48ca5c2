/** The probing thread, with a way to make it die or hang; told by a BroadcastChannel of this name. */
import { setImmediate } from 'node:timers';
import { BroadcastChannel } from 'node:worker_threads';
import '../worker.ts';

export type Death = 'exit' | 'exit slowly' | 'throw' | 'hang';

/** Longer than anybody waits for its exit. */
const SLOWLY_MS = 40_000;

const channel = new BroadcastChannel('sonde-probing-death') as BroadcastChannel & { unref(): void };
channel.unref();
channel.onmessage = (event): void => {
  switch ((event as { readonly data: Death }).data) {
    case 'exit': return process.exit(7);
    case 'exit slowly':
      process.on('exit', hold);
      return process.exit(7);
    case 'throw': return void setImmediate(() => { throw new Error('a planted bug'); });
    case 'hang': return hold();
  }
};

function hold(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOWLY_MS);
}
