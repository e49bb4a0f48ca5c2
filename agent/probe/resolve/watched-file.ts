import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '#shared/time/clock.ts';

export type FileReader = {
  /** Changes when the file does; null when there is none. Throws nothing. */
  stamp(path: string): string | null;
  /** Throws when the file cannot be read. */
  read(path: string): string;
};

/** Synchronous: two small local files, looked at once a second. */
export const systemFiles: FileReader = {
  stamp(path) {
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    return stats ? `${stats.mtimeNs} ${stats.ino} ${stats.size}` : null;
  },
  read: (path) => readFileSync(path, 'utf8'),
};

const LOOK_EVERY_US = 1_000_000;
/** Lists of blocked hosts have 5 MB. A larger file is not taken, and the last content stays. */
const BYTES_MAX = 16 * 1024 * 1024;

/** A file's parsed content: looked at no more than once a second, read again only when it has changed. */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #files: FileReader;
  readonly #clock: Clock;
  readonly #parse: (text: string) => T;
  #lookedAtUs = Number.NEGATIVE_INFINITY;
  /** undefined: to be read again. */
  #stamp: string | null | undefined = null;
  #content: T;

  constructor(options: { path: string; files: FileReader; clock: Clock; parse: (text: string) => T }) {
    this.#path = options.path;
    this.#files = options.files;
    this.#clock = options.clock;
    this.#parse = options.parse;
    this.#content = options.parse('');
  }

  current(): T {
    const nowUs = this.#clock.monotonicUs();
    if (nowUs - this.#lookedAtUs >= LOOK_EVERY_US) {
      this.#lookedAtUs = nowUs;
      this.#look();
    }
    return this.#content;
  }

  /** A file that is being replaced, or cannot be read now, leaves the last content; the next look tries again. */
  #look(): void {
    try {
      const stamp = this.#files.stamp(this.#path);
      if (stamp === this.#stamp) return;
      const text = stamp === null ? '' : this.#files.read(this.#path);
      this.#stamp = stamp;
      if (text.length <= BYTES_MAX) this.#content = this.#parse(text);
    } catch {
      this.#stamp = undefined;
    }
  }
}
