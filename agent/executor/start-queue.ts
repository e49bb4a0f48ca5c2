import type { Clock, Timer } from '#shared/time/clock.ts';

/** Something that wants to start. Exactly one of `start` and `expire` is called, once. */
export type Waiting = {
  /** Whose turn it is: what was passed over before goes before what was not. */
  readonly key: string;
  /** Coordinator time after which it must not start any more; Infinity for one that will wait. */
  readonly startByMs: number;
  /** Goes before everything else: the run has begun already. */
  readonly isRetry: boolean;
  readonly start: () => void;
  readonly expire: () => void;
};

export type StartLimits = {
  /** Attempts under way at once. */
  readonly concurrency: number;
  /** How many may wait; beyond, the one that was passed over least often gives way and expires. */
  readonly waitingMax: number;
};

export type StartQueueDeps = {
  readonly clock: Clock;
  /** Coordinator time. */
  readonly nowMs: () => number;
  /** Calls back in the next turn of the event loop: setImmediate. */
  readonly defer: (callback: () => void) => void;
};

/**
 * Who may start now. At most `concurrency` at once, and at most 32 in one turn of the event loop: 500 connects
 * begun in one turn would all be timed by the last one's bookkeeping (performance.md). A turn is a fraction of a
 * millisecond, so that the spread costs little lateness.
 *
 * Waiting ones stand in lanes by how often their key was passed over, most often first; within a lane first come,
 * first served, and while some are passed over who started longest ago goes first. So an agent that can run half of what
 * is due runs every check half of the time, instead of half of the checks never; and one that can run all but one
 * skips each in its turn.
 */
export class StartQueue {
  readonly #deps: StartQueueDeps;
  readonly #limits: StartLimits;
  readonly #retries: Waiting[] = [];
  /** Index: how often passed over. */
  readonly #lanes: Waiting[][] = Array.from({ length: LANES }, () => []);
  readonly #passedOver = new Map<string, number>();
  /** When each key started last, as a count of all starts; kept from an overload until a while after it. */
  readonly #startedAs = new Map<string, number>();
  #starts = 0;
  #overloadAtUs: number | null = null;
  #isSorted = true;
  #waiting = 0;
  #started = 0;
  #startsThisTurn = 0;
  #concurrency: number;
  #isDeferred = false;
  #expiry: Timer | null = null;

  constructor(deps: StartQueueDeps, limits: StartLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#concurrency = limits.concurrency;
  }

  /** Started and not yet released. */
  get inFlight(): number {
    return this.#started;
  }

  get waiting(): number {
    return this.#waiting + this.#retries.length;
  }

  /** Starts it now, later, or lets it expire. Retries are bounded by the runs there are: one a check. */
  request(waiting: Waiting): void {
    if (waiting.isRetry) {
      this.#retries.push(waiting);
    } else {
      this.#lanes[this.#laneOf(waiting.key)]!.push(waiting);
      this.#waiting += 1;
      this.#isSorted = false;
    }
    // While some are passed over, all that are due at this instant are heard before the first of them starts.
    if (this.#wasOverloaded() && !waiting.isRetry) this.#startNextTurn();
    else this.#startSome();
    if (this.#waiting > this.#limits.waitingMax) this.#expire(this.#lanes.find((lane) => lane.length > 0)!.shift()!);
  }

  /** At most as many as it was made with; what has started goes on. */
  limitTo(concurrency: number): void {
    this.#concurrency = Math.min(concurrency, this.#limits.concurrency);
  }

  /** One that was started is over. */
  release(): void {
    this.#started -= 1;
    this.#startSome();
  }

  #startSome(): void {
    while (this.#started < this.#concurrency && this.#startsThisTurn < STARTS_PER_TURN) {
      const next = this.#takeNext();
      if (!next) break;
      this.#startNextTurn();
      this.#startsThisTurn += 1;
      this.#started += 1;
      next.start();
    }
    if (this.#waiting > 0 && !this.#expiry) this.#expiry = this.#deps.clock.setTimer(EXPIRY_LOOK_MS, () => this.#expireLate());
  }

  #startNextTurn(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#deps.defer(() => {
      this.#isDeferred = false;
      this.#startsThisTurn = 0;
      this.#startSome();
    });
  }

  #takeNext(): Waiting | undefined {
    const retry = this.#retries.shift();
    if (retry) return retry;
    const nowMs = this.#deps.nowMs();
    this.#sort();
    for (let index = LANES - 1; index >= 0; index -= 1) {
      const lane = this.#lanes[index]!;
      for (let next = lane.shift(); next; next = lane.shift()) {
        if (nowMs > next.startByMs) {
          this.#expire(next);
          continue;
        }
        this.#waiting -= 1;
        this.#passedOver.delete(next.key);
        if (this.#overloadAtUs !== null) this.#noteStart(next.key);
        return next;
      }
    }
    return undefined;
  }

  #expireLate(): void {
    this.#expiry = null;
    const nowMs = this.#deps.nowMs();
    for (const lane of this.#lanes) {
      const late = lane.filter(({ startByMs }) => nowMs > startByMs);
      if (late.length === 0) continue;
      lane.splice(0, lane.length, ...lane.filter(({ startByMs }) => nowMs <= startByMs));
      for (const waiting of late) this.#expire(waiting);
    }
    this.#startSome();
  }

  #expire(waiting: Waiting): void {
    this.#waiting -= 1;
    // Keys of checks that are gone would stay for ever; forgetting all costs fairness for a moment.
    if (this.#passedOver.size >= PASSED_OVER_MAX) this.#passedOver.clear();
    this.#passedOver.set(waiting.key, (this.#passedOver.get(waiting.key) ?? 0) + 1);
    this.#overloadAtUs = this.#deps.clock.monotonicUs();
    waiting.expire();
  }

  #wasOverloaded(): boolean {
    if (this.#overloadAtUs !== null && this.#deps.clock.monotonicUs() - this.#overloadAtUs > FORGOTTEN_AFTER_US) {
      this.#overloadAtUs = null;
      this.#startedAs.clear();
    }
    return this.#overloadAtUs !== null || this.#passedOver.size > 0;
  }

  #noteStart(key: string): void {
    if (this.#startedAs.size >= PASSED_OVER_MAX) this.#startedAs.clear();
    this.#startedAs.set(key, this.#starts += 1);
  }

  /** Once for all that came since: stable, so that without an overload it is first come, first served. */
  #sort(): void {
    if (this.#isSorted) return;
    this.#isSorted = true;
    if (this.#startedAs.size === 0) return;
    const startedAs = ({ key }: Waiting): number => this.#startedAs.get(key) ?? 0;
    for (const lane of this.#lanes) if (lane.length > 1) lane.sort((a, b) => startedAs(a) - startedAs(b));
  }

  #laneOf(key: string): number {
    return Math.min(LANES - 1, this.#passedOver.get(key) ?? 0);
  }
}

/** About a third of a millisecond of JavaScript for plain sockets. */
const STARTS_PER_TURN = 32;
/** Passed over more often than this is equal. */
const LANES = 8;
/** How late an expiry may be noticed; short against the grace of 2 s. */
const EXPIRY_LOOK_MS = 100;
const PASSED_OVER_MAX = 100_000;
/** Longer than all but rare checks' intervals: an overload a turn is still the same one. */
const FORGOTTEN_AFTER_US = 600_000_000;
