import type { Clock } from '#shared/time/clock.ts';
import { askToOpen, NEW_ADMISSION, noteDone, noteGone, type AdmissionState } from '../fleet/admission.ts';

export type Turn =
  /** To be given back, once, whatever comes of it. */
  | { readonly kind: 'begin'; readonly done: () => void }
  | { readonly kind: 'later'; readonly retryAfterMs: number }
  /** Its stream was over before its turn came. */
  | { readonly kind: 'gone' };

/** Where agents wait for their turn to open a session; the decisions are those of fleet/admission.ts. */
export class OpeningLine {
  readonly #clock: Clock;
  /** First come, first served. */
  readonly #waiting = new Set<() => void>();
  #state: AdmissionState = NEW_ADMISSION;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `isOver` aborts when whoever asks has gone. */
  enter(isOver: AbortSignal): Promise<Turn> {
    if (isOver.aborted) return Promise.resolve({ kind: 'gone' });
    const { state, answer } = askToOpen(this.#state, this.#nowMs());
    this.#state = state;
    switch (answer.kind) {
      case 'begin': return Promise.resolve(this.#begin());
      case 'later': return Promise.resolve(answer);
      case 'wait': return new Promise((resolve) => {
        const leave = (): void => {
          this.#waiting.delete(begin);
          this.#state = noteGone(this.#state);
          resolve({ kind: 'gone' });
        };
        const begin = (): void => {
          isOver.removeEventListener('abort', leave);
          resolve(this.#begin());
        };
        this.#waiting.add(begin);
        isOver.addEventListener('abort', leave, { once: true });
      });
    }
  }

  #begin(): Turn {
    return { kind: 'begin', done: () => {
      const { state, next } = noteDone(this.#state, this.#nowMs());
      this.#state = state;
      if (!next) return;
      const [first] = this.#waiting;
      this.#waiting.delete(first!);
      first!();
    } };
  }

  #nowMs(): number {
    return this.#clock.monotonicUs() / 1000;
  }
}
