import type { Clock, Timer } from '#shared/time/clock.ts';

type Entry = { readonly atUs: number; readonly callback: () => void };

/** Far more than a probe ever sets at once; more are a leak. */
const TIMERS_MAX = 64;

/** Time that passes only where the in-memory network says so. Timers fire on the way, each at its own instant. */
export class VirtualClock implements Clock {
  #us: number;
  #timers: Entry[] = [];

  constructor(startUs: number) {
    this.#us = startUs;
  }

  nowMs(): number {
    return START_MS + this.#us / 1000;
  }

  monotonicUs(): number {
    return this.#us;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { atUs: this.#us + Math.max(0, delayMs) * 1000, callback };
    this.#timers.push(entry);
    if (this.#timers.length > TIMERS_MAX) throw new Error('invariant: timers leak');
    return { cancel: () => this.#remove(entry) };
  }

  /** Stops short where a timer on the way aborts the signal. */
  moveTo(atUs: number, signal?: AbortSignal): void {
    for (let due = this.#earliest(atUs); due !== null; due = this.#earliest(atUs)) {
      this.#remove(due);
      this.#us = Math.max(this.#us, due.atUs);
      due.callback();
      if (signal?.aborted) return;
    }
    this.#us = Math.max(this.#us, atUs);
  }

  /** The process does not run until then: timers come after it, late. */
  blockUntil(atUs: number): void {
    this.#us = Math.max(this.#us, atUs);
    this.moveTo(this.#us);
  }

  #earliest(untilUs: number): Entry | null {
    let earliest: Entry | null = null;
    for (const timer of this.#timers) if (timer.atUs <= untilUs && (earliest === null || timer.atUs < earliest.atUs)) earliest = timer;
    return earliest;
  }

  #remove(entry: Entry): void {
    const index = this.#timers.indexOf(entry);
    if (index >= 0) this.#timers.splice(index, 1);
  }
}

const START_MS = Date.UTC(2026, 0, 1);
