import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { closeDescriptors } from '../probe/engine/kernel/close-descriptors.ts';
import { Descriptors } from '../probe/engine/kernel/descriptors.ts';
import type { BegunAttempt } from '../executor/begun-attempt.ts';
import { AttemptsUnderWay } from './attempts-under-way.ts';
import type { FromProbing, ToProbing } from './messages.ts';
import { BATCH_ROWS_MAX } from './outbox.ts';
import type { ProbingSettings } from './probing.ts';
import type { SideSettings } from './probing-side.ts';
import { ThreadWatch } from './thread-watch.ts';

export type ProbingWorkerOptions = {
  readonly clock: Clock;
  /** What runs in the thread; left out: `worker.ts`. */
  readonly entry?: URL;
  /** How often it is looked after; left out: every second. */
  readonly lookMs?: number;
};

export type ProbingWorkerEvents = {
  readonly onMessage: (message: Exclude<FromProbing, { kind: 'dying' }>) => void;
  readonly onMessageError: (error: Error) => void;
  /** Once, and nothing after it. */
  readonly onDeath: (cause: unknown) => void;
};

/**
 * One life of the probing thread: what it says, and its death.
 *
 * It says itself that it dies, as its last words (worker.ts): its exit is heard of only when all that it held has been
 * taken apart, which takes 50 ms, and seconds where the machine has none to spare. One that could not say so (out of
 * memory, ended from here) is dead when it has exited. One that hangs (ThreadWatch) is ended.
 */
export class ProbingWorker {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #watch: ThreadWatch;
  readonly #events: ProbingWorkerEvents;
  readonly #underWay: AttemptsUnderWay;
  #cause: unknown = null;
  /** Has it said that it is ready? */
  #isLoaded = false;
  #loadLooks = 0;
  #endTimer: Timer | null = null;
  #isDead = false;

  constructor(settings: ProbingSettings, { clock, entry = new URL('./worker.ts', import.meta.url), lookMs = LOOK_MS }: ProbingWorkerOptions, events: ProbingWorkerEvents) {
    this.#clock = clock;
    this.#events = events;
    const descriptors = Descriptors.memory();
    const underWay = AttemptsUnderWay.memory(settings.concurrency, BATCH_ROWS_MAX);
    this.#underWay = new AttemptsUnderWay(underWay);
    this.#worker = new Worker(entry, { name: 'probing', workerData: { ...settings, descriptors, underWay } satisfies SideSettings });
    this.#worker.on('message', (message: FromProbing) => this.#heard(message));
    this.#worker.on('messageerror', (error) => events.onMessageError(error));
    this.#worker.on('error', (error) => { this.#cause ??= error; });
    this.#worker.on('exit', (code) => {
      closeDescriptors(descriptors);
      this.#endTimer?.cancel();
      this.#died(code);
    });
    this.#watch = new ThreadWatch({
      clock, lookMs,
      ask: () => { if (this.#isLoaded) this.tell({ kind: 'report' }); },
      onHang: () => {
        this.#cause ??= new Error('the probing thread hung');
        void this.#worker.terminate();
      },
    });
  }

  tell(message: ToProbing): void {
    this.#worker.postMessage(message);
  }

  /** The attempts of scheduled runs that it has begun, and some of which it has told. */
  begun(): readonly BegunAttempt[] {
    return this.#underWay.list();
  }

  /** It is to stop by itself and has this long for it; nothing is hung meanwhile. */
  stop(drainMs: number, withinMs: number): void {
    this.#watch.stop();
    this.tell({ kind: 'stop', drainMs });
    this.#endIn(withinMs);
  }

  /** It has nothing more to say. */
  end(): void {
    void this.#worker.terminate();
  }

  #endIn(delayMs: number): void {
    this.#endTimer = this.#clock.setTimer(delayMs, () => this.#endLoaded());
  }

  /** Not while it loads native code: a thread that is ended in the midst of that takes the process along. */
  #endLoaded(): void {
    if (this.#isLoaded || this.#loadLooks >= LOAD_LOOKS_MAX) return this.end();
    this.#loadLooks += 1;
    this.#endIn(LOAD_LOOK_MS);
  }

  #heard(message: FromProbing): void {
    if (this.#isDead) return;
    if (message.kind === 'dying') {
      this.#cause ??= message.cause;
      return this.#died(message.code);
    }
    if (message.kind === 'ready') this.#isLoaded = true;
    if (message.kind === 'ready' || message.kind === 'report') this.#watch.answered();
    this.#events.onMessage(message);
  }

  #died(code: number): void {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#watch.stop();
    this.#events.onDeath(this.#cause ?? new Error(`the probing thread ended by itself, with code ${code}`));
  }
}

const LOOK_MS = 1_000;
/** A minute: a machine on which loading takes longer has lost this thread anyway. */
const LOAD_LOOK_MS = 250;
const LOAD_LOOKS_MAX = 240;
