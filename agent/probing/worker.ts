/** Entry of the probing thread; `probing-worker.ts` starts it. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#shared/time/clock.ts';
import { asClonable } from './as-clonable.ts';
import { hostProbing } from './host-probing.ts';
import type { FromProbing } from './messages.ts';
import type { ProbingSettings } from './probing.ts';

if (parentPort === null) throw new Error('invariant: the probing thread was not started as a thread');
const port = parentPort;
let cause: unknown = null;
process.on('uncaughtExceptionMonitor', (error) => { cause = asClonable(error); });
process.on('exit', (code) => port.postMessage({ kind: 'dying', code, cause } satisfies FromProbing));
hostProbing(port, workerData as ProbingSettings & { readonly descriptors: SharedArrayBuffer }, { clock: systemClock });
