import type { Clock, Timer } from '../time/clock.ts';

/** A clock that stands still until told: `advance` fires every timer on its way, in order of time. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #timers: { atMs: number; order: number; callback: () => void }[] = [];
  #order = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicUs(): number {
    return this.#monotonicMs * 1000;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(entry);
    return { cancel: () => { this.#timers = this.#timers.filter((timer) => timer !== entry); } };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** The wall clock steps; monotonic time and timers do not notice. */
  jumpWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets time pass and yields to promises after every timer, so that what they schedule is seen. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#moveTo(next.atMs);
      next.callback();
      await settle();
    }
    this.#moveTo(untilMs);
    await settle();
  }

  #moveTo(atMs: number): void {
    this.#wallMs += atMs - this.#monotonicMs;
    this.#monotonicMs = atMs;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
