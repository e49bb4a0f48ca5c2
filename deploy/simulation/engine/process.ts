import type { Clock, Timer } from '#shared/time/clock.ts';
import type { Engine } from './engine.ts';

/** A machine's clocks against true time. */
export type MachineClock = {
  /** Wall clock minus true time at `sinceMs`, ms; steps change it. */
  offsetMs: number;
  readonly sinceMs: number;
  /** How much faster than true time both its clocks go; 0.0001 is 100 ppm. */
  drift: number;
};

/**
 * A process from its start to its death. Its doors (timers, streams, store, disk) do nothing once it is dead, so that
 * whatever code still runs then has no effect; while it is stopped (SIGSTOP) everything that reaches it waits.
 */
export class Process implements Clock {
  readonly name: string;
  readonly #engine: Engine;
  readonly #clock: MachineClock;
  readonly #startMs: number;
  #isAlive = true;
  #isStopped = false;
  #held: (() => void)[] = [];
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string, engine: Engine, clock: MachineClock) {
    this.name = name;
    this.#engine = engine;
    this.#clock = clock;
    this.#startMs = engine.nowMs;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  nowMs(): number {
    return this.#engine.nowMs + this.#clock.offsetMs + (this.#engine.nowMs - this.#clock.sinceMs) * this.#clock.drift;
  }

  monotonicUs(): number {
    return (this.#engine.nowMs - this.#startMs) * (1 + this.#clock.drift) * 1000;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (!this.#isAlive) return { cancel: () => undefined };
    let isCancelled = false;
    const event = this.#engine.after(delayMs / (1 + this.#clock.drift), () => this.reach(() => { if (!isCancelled) callback(); }));
    return { cancel: () => { isCancelled = true; event.cancel(); } };
  }

  /** Something from outside comes to it: now, when it goes on, or never. */
  reach(callback: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isStopped) this.#held.push(callback);
    else callback();
  }

  onDeath(callback: () => void): void {
    this.#onDeath.push(callback);
  }

  /** kill -9. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#held = [];
    for (const callback of this.#onDeath.splice(0)) callback();
  }

  /** SIGSTOP. */
  stop(): void {
    this.#isStopped = true;
  }

  /** SIGCONT: everything that waited comes at once. */
  continue(): void {
    this.#isStopped = false;
    for (const callback of this.#held.splice(0)) this.#engine.after(0, () => this.reach(callback));
  }
}
