import type { Clock, Timer } from '#shared/time/clock.ts';

/** One moment somebody waits for; `cancel` is cheap, may be called twice and after it has fired. */
export type Alarm = { cancel(): void };

/** The timer is set on this grid, so that waits that end close together share one wake-up. */
const GRID_MS = 2;
/** A wake-up later than this lets the sockets speak first: what they hold arrived while the process did not run. */
const LATE_US = 20_000;

/**
 * All waits of a process on one timer: a binary heap by time, of which only the earliest is armed. An alarm fires
 * at its moment or up to some ms later, never before. At most one entry for each wait under way, so its size is
 * bounded by the attempts in flight.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #timer: Timer | null = null;
  #armedForUs = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Calls back once at `atUs` of the clock's monotonic time, unless cancelled; never synchronously. */
  at(atUs: number, callback: () => void): Alarm {
    const entry = new Entry(atUs, callback, this.#heap.length, this.#cancel);
    this.#heap.push(entry);
    this.#up(entry);
    if (entry.index === 0) this.#arm();
    return entry;
  }

  readonly #cancel = (entry: Entry): void => this.#remove(entry);

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined) {
      this.#timer?.cancel();
      this.#timer = null;
      this.#armedForUs = Infinity;
      return;
    }
    if (this.#timer !== null && this.#armedForUs <= first.atUs) return;
    this.#timer?.cancel();
    const delayMs = Math.max(0, (first.atUs - this.#clock.monotonicUs()) / 1000);
    this.#armedForUs = first.atUs;
    this.#timer = this.#clock.setTimer(Math.min(Math.ceil(delayMs / GRID_MS) * GRID_MS, DELAY_MAX_MS), () => this.#wake());
  }

  #wake(): void {
    if (this.#clock.monotonicUs() - this.#armedForUs <= LATE_US) return this.#fire();
    // Timers run before sockets in a turn of the event loop: one turn later, whoever was answered in time is gone.
    setImmediate(() => this.#fire());
  }

  #fire(): void {
    this.#timer = null;
    this.#armedForUs = Infinity;
    const nowUs = this.#clock.monotonicUs();
    for (let first = this.#heap[0]; first !== undefined && first.atUs <= nowUs; first = this.#heap[0]) {
      this.#remove(first);
      first.callback();
    }
    this.#arm();
  }

  #remove(entry: Entry): void {
    const { index } = entry;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#heap[index] = last;
      last.index = index;
      this.#up(last);
      this.#down(last);
    }
    // While others wait the timer stays armed for a moment nobody waits for: cheaper than setting it again. The last
    // one takes it along, so that it keeps no process from ending.
    if (this.#heap.length === 0) this.#arm();
  }

  #up(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || parent.atUs <= entry.atUs) return;
      this.#swap(parent, entry);
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const least = right !== undefined && left !== undefined && right.atUs < left.atUs ? right : left;
      if (least === undefined || least.atUs >= entry.atUs) return;
      this.#swap(entry, least);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const { index } = a;
    a.index = b.index;
    b.index = index;
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}

/** What a timer takes at most. */
const DELAY_MAX_MS = 2 ** 31 - 1;

class Entry implements Alarm {
  readonly atUs: number;
  readonly callback: () => void;
  /** In the heap; −1: no longer in it. */
  index: number;
  readonly #remove: (entry: Entry) => void;

  constructor(atUs: number, callback: () => void, index: number, remove: (entry: Entry) => void) {
    this.atUs = atUs;
    this.callback = callback;
    this.index = index;
    this.#remove = remove;
  }

  cancel(): void {
    this.#remove(this);
  }
}
