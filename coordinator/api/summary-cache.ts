import type { Clock } from '#shared/time/clock.ts';

/** Figures lag behind rows by a roll-up anyway; many dashboards ask for the same ones at once. */
const FRESH_MS = 10_000;
/** An older answer is still given while the next one is on its way, but none older than this. */
const USABLE_MS = 60_000;
/** Distinct questions; beyond it the one asked longest ago goes. */
const ENTRIES_MAX = 64;

type Entry<T> = { readonly answer: Promise<T>; readonly askedMs: number; next: Promise<T> | null };

/** Keeps answers to expensive questions for some seconds; each is asked once, however many wait for it. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.nowMs();
    const known = this.#entries.get(key);
    if (!known || nowMs - known.askedMs >= USABLE_MS) return this.#keep(key, nowMs, ask());
    if (nowMs - known.askedMs >= FRESH_MS && known.next === null) {
      known.next = ask();
      known.next.then(() => this.#keep(key, nowMs, known.next!), () => { known.next = null; });
    }
    return known.answer;
  }

  #keep(key: string, askedMs: number, answer: Promise<T>): Promise<T> {
    this.#entries.delete(key);
    this.#entries.set(key, { answer, askedMs, next: null });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ENTRIES_MAX) break;
      this.#entries.delete(oldest);
    }
    // A failure is not an answer to be kept.
    answer.catch(() => { if (this.#entries.get(key)?.answer === answer) this.#entries.delete(key); });
    return answer;
  }
}
