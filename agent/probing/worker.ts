/** Entry of the probing thread; `probing-worker.ts` starts it. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#shared/time/clock.ts';
import { asClonable } from './as-clonable.ts';
import { hostProbing } from './host-probing.ts';
import type { FromProbing } from './messages.ts';
import type { SideSettings } from './probing-side.ts';

if (parentPort === null) throw new Error('invariant: the probing thread was not started as a thread');
const port = parentPort;
let cause: unknown = null;
process.on('uncaughtExceptionMonitor', (error) => { cause = asClonable(error); });
let tellRows = (): void => {};
process.on('exit', (code) => {
  try {
    tellRows();
  } finally {
    port.postMessage({ kind: 'dying', code, cause } satisfies FromProbing);
  }
});
tellRows = hostProbing(port, workerData as SideSettings, { clock: systemClock });
