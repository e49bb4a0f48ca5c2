import type { Clock } from '#shared/time/clock.ts';

/** Figures lag behind rows by a roll-up anyway; many dashboards ask for the same ones at once. */
const FRESH_MS = 10_000;
/** What took long stays fresh for longer: at most so much of the time is spent on one question. */
const FRESH_TIMES_TAKEN = 20;
/** An older answer is still given while the next one is on its way, but none older than this, or than twice what is fresh. */
const USABLE_MS = 60_000;
/** Distinct questions; beyond it the one asked longest ago goes. */
const ENTRIES_MAX = 64;

type Entry<T> = { readonly answer: Promise<T>; readonly askedMs: number; readonly freshMs: number; next: Promise<Known<T>> | null };
type Known<T> = { readonly answer: T; readonly tookMs: number };

/** Keeps answers to expensive questions for some seconds; each is asked once, however many wait for it. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #clock: Clock;
  readonly #freshMs: number;

  /** `freshMs`: how long a cheap answer is given without another look. */
  constructor(clock: Clock, { freshMs = FRESH_MS }: { readonly freshMs?: number } = {}) {
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.nowMs();
    const known = this.#entries.get(key);
    if (!known || nowMs - known.askedMs >= Math.max(USABLE_MS, 2 * known.freshMs)) return this.#first(key, nowMs, ask);
    if (nowMs - known.askedMs >= known.freshMs && known.next === null) {
      known.next = this.#timed(ask);
      known.next.then(({ answer, tookMs }) => this.#keep(key, nowMs, Promise.resolve(answer), tookMs), () => { known.next = null; });
    }
    return known.answer;
  }

  #first(key: string, nowMs: number, ask: () => Promise<T>): Promise<T> {
    const timed = this.#timed(ask);
    const answer = timed.then((known) => known.answer);
    this.#keep(key, nowMs, answer, 0);
    timed.then(({ tookMs }) => { if (this.#entries.get(key)?.answer === answer) this.#keep(key, nowMs, answer, tookMs); }, () => {
      // A failure is not an answer to be kept.
      if (this.#entries.get(key)?.answer === answer) this.#entries.delete(key);
    });
    return answer;
  }

  async #timed(ask: () => Promise<T>): Promise<Known<T>> {
    const startedMs = this.#clock.nowMs();
    const answer = await ask();
    return { answer, tookMs: this.#clock.nowMs() - startedMs };
  }

  #keep(key: string, askedMs: number, answer: Promise<T>, tookMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { answer, askedMs, freshMs: Math.max(this.#freshMs, FRESH_TIMES_TAKEN * tookMs), next: null });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ENTRIES_MAX) break;
      this.#entries.delete(oldest);
    }
  }
}
