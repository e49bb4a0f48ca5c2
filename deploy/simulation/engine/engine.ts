import { EventHeap, type Event } from './event-heap.ts';
import { Trace } from './trace.ts';

/** Turns of one event loop before Node's own gets its chance; nothing of the simulation waits for that. */
const EVENTS_PER_TURN = 2_000;
/** A simulation that piles up events is a bug of it, or a loop without a pause in what it runs. */
const EVENTS_MAX = 200_000;

/**
 * One time for the whole world and one heap of what will happen. After every event all promises it settled run to
 * their end, so that one seed gives one order of everything. Real time, timers and chance never take part.
 */
export class Engine {
  readonly trace = new Trace();
  readonly #heap = new EventHeap();
  #nowMs: number;
  #order = 0;
  #error: unknown = null;
  events = 0;

  /** `startMs`: true time at the beginning, ms since the epoch. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  /** True time: that of the targets, and what the oracle knows. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Returns how to cancel it. */
  after(delayMs: number, fire: () => void): { cancel(): void } {
    if (this.#heap.size > EVENTS_MAX) throw new Error(`more than ${EVENTS_MAX} events wait`);
    const event: Event = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire, isCancelled: false };
    this.#heap.push(event);
    return { cancel: () => { event.isCancelled = true; } };
  }

  /** Asked now and then: is there any need to go on? */
  isEnough: () => boolean = () => false;

  /** Lets the world go on until this instant, or until it is enough. Rejects with what an event threw. */
  async runUntil(untilMs: number): Promise<void> {
    this.after(untilMs - this.#nowMs, () => undefined);
    for (;;) {
      const isOver = await this.#turn(untilMs);
      if (this.#error !== null) throw this.#error;
      if (isOver || this.isEnough()) return;
    }
  }

  /** In a macrotask of its own: only there promises can be run to their end from outside. */
  #turn(untilMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      setImmediate(() => {
        try {
          resolve(this.#fireSome(untilMs));
        } catch (error) {
          this.#error = error;
          resolve(true);
        }
      });
    });
  }

  #fireSome(untilMs: number): boolean {
    for (let count = 0; count < EVENTS_PER_TURN;) {
      const event = this.#heap.pop();
      if (event === undefined) return true;
      if (event.isCancelled) continue;
      count += 1;
      this.events += 1;
      this.#nowMs = event.atMs;
      event.fire();
      runPromises();
      if (this.#nowMs >= untilMs) return true;
    }
    return false;
  }
}

/**
 * What Node does between two callbacks: ticks and promise reactions until there are none. Twenty times faster than
 * a turn of its event loop for each event.
 */
function runPromises(): void {
  (process as unknown as { _tickCallback(): void })._tickCallback();
}
