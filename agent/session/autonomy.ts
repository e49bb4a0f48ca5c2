import type { Clock, Timer } from '#shared/time/clock.ts';

/**
 * How long an agent runs on without a word from its coordinator: at most `limitMs` since it was last heard of, across
 * restarts. Then what it was told may have been wrong for too long, and it stops until it is told anew.
 *
 * waiting (nothing to run yet) → running (told, or kept from before) → over → running …
 */
export class Autonomy {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onOver: () => void;
  #heardAtUs = 0;
  #state: 'waiting' | 'running' | 'over' = 'waiting';
  #timer: Timer | null = null;

  /** `onOver`: nothing may run any more. */
  constructor({ clock, limitMs, onOver }: { readonly clock: Clock; readonly limitMs: number; readonly onOver: () => void }) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onOver = onOver;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** ms until it is over unless the coordinator is heard of. */
  leftMs(): number {
    return Math.max(0, this.#limitMs - this.sinceHeardMs());
  }

  /** ms since the coordinator was last heard of, by the monotonic clock from the start on. */
  sinceHeardMs(): number {
    return (this.#clock.monotonicUs() - this.#heardAtUs) / 1000;
  }

  /** Before the first session: what was kept was last confirmed `agoMs` ago. false: too long ago, it must not run. */
  resume(agoMs: number): boolean {
    this.#heardAtUs = this.#clock.monotonicUs() - Math.max(0, agoMs) * 1000;
    this.#state = this.leftMs() > 0 ? 'running' : 'over';
    if (this.#state === 'running') this.#look();
    return this.#state === 'running';
  }

  /** The coordinator told what to run, or answered a heartbeat. */
  heard(): void {
    this.#heardAtUs = this.#clock.monotonicUs();
    if (this.#state === 'running') return;
    this.#state = 'running';
    this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const leftMs = this.leftMs();
    if (leftMs <= 0) {
      this.#state = 'over';
      this.#onOver();
      return;
    }
    this.#timer = this.#clock.setTimer(Math.min(Math.ceil(leftMs), TIMER_MS_MAX), () => this.#look());
  }
}

/** A timer takes less than 25 days. */
const TIMER_MS_MAX = 86_400_000;
