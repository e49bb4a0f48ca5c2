/** Entry of the probing thread; `probing-thread.ts` starts it. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#shared/time/clock.ts';
import { hostProbing } from './host-probing.ts';
import type { ProbingSettings } from './probing.ts';

if (parentPort === null) throw new Error('invariant: the probing thread was not started as a thread');
hostProbing(parentPort, workerData as ProbingSettings & { readonly descriptors: SharedArrayBuffer }, { clock: systemClock });
