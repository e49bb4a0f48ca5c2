import type { Clock, Timer } from '#shared/time/clock.ts';
import type { Impatience, Patience } from './patience.ts';

export type FlightLimits = {
  /** Lookups under way at one time, slow ones included. */
  readonly inFlightMax: number;
  /** Of those, the ones younger than `youngMs`: what may burst onto a name server. */
  readonly youngMax: number;
  readonly youngMs: number;
  /** Beyond these the answer is `full`. */
  readonly waitingMax: number;
};

/** May go now; `leave` must be called exactly once. Or: why it may not. */
export type Boarding = { readonly kind: 'pass'; leave(): void } | { readonly kind: 'full' } | { readonly kind: Impatience };

type Waiter = { board(): void };

/**
 * Bounded flight of lookups, first come first served.
 *
 * Two bounds, because slow names are not a burst: a name server is spared more than `youngMax` questions at
 * once, but a lookup that has been out for `youngMs` no longer counts there, so slow names hold up fast ones
 * only when `inFlightMax` of them wait at the same time.
 */
export class Flight {
  readonly #clock: Clock;
  readonly #limits: FlightLimits;
  readonly #waiting = new Set<Waiter>();
  /** Young lookups → when they grow old (µs), oldest first. */
  readonly #young = new Map<object, number>();
  #inFlight = 0;
  #timer: Timer | null = null;

  constructor(clock: Clock, limits: FlightLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  enter(patience: Patience): Promise<Boarding> {
    if (patience.over) return Promise.resolve({ kind: patience.over });
    if (this.#waiting.size === 0 && this.#hasRoom()) return Promise.resolve(this.#board());
    if (this.#waiting.size >= this.#limits.waitingMax) return Promise.resolve({ kind: 'full' });
    return new Promise((resolve) => {
      const waiter: Waiter = { board: () => { forget(); resolve(this.#board()); } };
      const forget = patience.whenOver((over) => { this.#waiting.delete(waiter); resolve({ kind: over }); });
      this.#waiting.add(waiter);
      this.#watchAge();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #hasRoom(): boolean {
    return this.#inFlight < this.#limits.inFlightMax && this.#young.size < this.#limits.youngMax;
  }

  #board(): Boarding {
    const ticket = {};
    this.#inFlight += 1;
    this.#young.set(ticket, this.#clock.monotonicUs() + this.#limits.youngMs * 1000);
    let hasLeft = false;
    return {
      kind: 'pass',
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        this.#inFlight -= 1;
        this.#young.delete(ticket);
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (const waiter of this.#waiting) {
      if (!this.#hasRoom()) break;
      this.#waiting.delete(waiter);
      waiter.board();
    }
    this.#watchAge();
  }

  /** One timer for all: for the moment the oldest young one stops being young, and only while somebody waits. */
  #watchAge(): void {
    if (this.#timer || this.#waiting.size === 0) return;
    const oldest = this.#young.values().next();
    if (oldest.done) return;
    const delayMs = Math.max(1, (oldest.value - this.#clock.monotonicUs()) / 1000);
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#age();
      this.#admit();
    });
  }

  #age(): void {
    const nowUs = this.#clock.monotonicUs();
    for (const [ticket, oldUs] of this.#young) {
      if (oldUs > nowUs) break;
      this.#young.delete(ticket);
    }
  }
}
