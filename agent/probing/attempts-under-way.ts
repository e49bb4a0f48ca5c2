import { Buffer } from 'node:buffer';
import type { AttemptNotes, BegunAttempt } from '../executor/begun-attempt.ts';

/**
 * The attempts a thread is making, in memory that outlives it: who replaces a thread that died reads here what it had
 * begun (rules.md 6: an attempt that started is a result), also when it could say no last word.
 *
 * Who ended is not struck out, because its result may still be on its way: places are used again in the order in which they
 * came free, and there are as many more of them than attempts at once as results wait to be posted. So whatever was
 * not posted still stands here, beside what was: the reader knows which results it has.
 */
export class AttemptsUnderWay implements AttemptNotes {
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;
  /** Places in the order in which they are used; a ring. Only the thread that writes has it. */
  readonly #free: Uint32Array;
  #next = 0;
  #freed = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory);
    this.#bytes = Buffer.from(memory);
    this.#free = Uint32Array.from({ length: memory.byteLength / PLACE_BYTES }, (_, place) => place);
  }

  /** For `attemptsMax` at once, of which up to `unpostedMax` results wait to be posted. */
  static memory(attemptsMax: number, unpostedMax: number): SharedArrayBuffer {
    return new SharedArrayBuffer((attemptsMax + unpostedMax) * PLACE_BYTES);
  }

  begin({ checkId, revision, dueAtMs, attempt, startedAtMs, latenessUs }: BegunAttempt): number {
    const place = this.#free[this.#next]!;
    this.#next = (this.#next + 1) % this.#free.length;
    const at = place * PLACE_NUMBERS;
    // The thread may be ended between any two of these: a place counts once its number of the attempt is set.
    this.#numbers[at] = 0;
    this.#numbers[at + 1] = dueAtMs;
    this.#numbers[at + 2] = startedAtMs;
    this.#numbers[at + 3] = latenessUs;
    this.#numbers[at + 4] = revision;
    this.#numbers[at + 5] = this.#bytes.write(checkId, place * PLACE_BYTES + ID_AT, ID_BYTES_MAX, 'latin1');
    this.#numbers[at] = attempt;
    return place;
  }

  end(place: number): void {
    this.#free[this.#freed] = place;
    this.#freed = (this.#freed + 1) % this.#free.length;
  }

  /** Those under way, and some that are over. */
  list(): readonly BegunAttempt[] {
    const begun: BegunAttempt[] = [];
    for (let place = 0; place < this.#free.length; place += 1) {
      const [attempt = 0, dueAtMs = 0, startedAtMs = 0, latenessUs = 0, revision = 0, idBytes = 0] = this.#numbers.subarray(place * PLACE_NUMBERS);
      if (attempt === 0) continue;
      const idAt = place * PLACE_BYTES + ID_AT;
      begun.push({ checkId: this.#bytes.toString('latin1', idAt, idAt + idBytes), revision, dueAtMs, attempt, startedAtMs, latenessUs });
    }
    return begun;
  }
}

/** Six numbers, then the check's id: a UUID, as text, since it comes and goes as text. */
const PLACE_BYTES = 96;
const PLACE_NUMBERS = PLACE_BYTES / Float64Array.BYTES_PER_ELEMENT;
const ID_AT = 48;
const ID_BYTES_MAX = PLACE_BYTES - ID_AT;
