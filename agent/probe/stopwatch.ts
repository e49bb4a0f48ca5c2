import type { Timings } from '#shared/run/timings.ts';

export type TimedPhase = 'dns' | 'connect' | 'tls' | 'send' | 'firstByte' | 'data';

/**
 * Where the time of one attempt goes. It is fed with the instants the engine saw, in µs of one monotonic clock, in
 * order; each lap belongs to one phase. Laps are differences of rounded instants, so the phases sum exactly to the
 * total (rules.md 13).
 */
export class Stopwatch {
  readonly #originUs: number;
  readonly #laps: Record<TimedPhase, number> = { dns: 0, connect: 0, tls: 0, send: 0, firstByte: 0, data: 0 };
  #markUs = 0;
  #idleUs = 0;

  constructor(startedUs: number) {
    this.#originUs = startedUs;
  }

  /** Counts the time since the last mark towards a phase; an instant before the last mark counts nothing. */
  lap(phase: TimedPhase, atUs: number): void {
    this.#laps[phase] += this.#advanceTo(atUs);
  }

  /** Counts a duration measured elsewhere (the resolver's queries) and starts afresh at `atUs`. */
  add(phase: TimedPhase, us: number, atUs: number): void {
    this.#laps[phase] += Math.max(0, Math.round(us));
    this.#advanceTo(atUs);
  }

  /** Counts the time since the last mark as a wait that only found the end of an answer. */
  idle(atUs: number): void {
    this.#idleUs += this.#advanceTo(atUs);
  }

  /** Leaves out the time since the last mark: the agent's own work, or waiting for its own resources. */
  skip(atUs: number): void {
    this.#advanceTo(atUs);
  }

  /** Counted towards a phase so far. */
  of(phase: TimedPhase): number {
    return this.#laps[phase];
  }

  /** Counted towards all of them so far. */
  get totalUs(): number {
    const { dns, connect, tls, send, firstByte, data } = this.#laps;
    return dns + connect + tls + send + firstByte + data;
  }

  timings(): Timings {
    const { dns, connect, tls, send, firstByte, data } = this.#laps;
    return {
      dnsUs: dns, connectUs: connect, tlsUs: tls, sendUs: send, firstByteUs: firstByte, dataUs: data,
      totalUs: this.totalUs, idleUs: this.#idleUs,
    };
  }

  #advanceTo(atUs: number): number {
    const mark = Math.round(atUs - this.#originUs);
    if (mark <= this.#markUs) return 0;
    const us = mark - this.#markUs;
    this.#markUs = mark;
    return us;
  }
}
