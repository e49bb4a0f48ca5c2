import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** One file and the one before it, so that a log takes at most twice this. */
export const LOG_BYTES_MAX = 4 * 1024 * 1024;

/** A log file that cannot fill a disk: when it is full it becomes `<path>.1`, and that one is forgotten. */
export class BoundedLog {
  readonly path: string;
  readonly #bytesMax: number;
  /** null: closed; a late write must not reach whatever file has the number next. */
  #file: number | null;
  #bytes: number;

  constructor(path: string, bytesMax = LOG_BYTES_MAX) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** A disk that takes no more loses the lines, not the process. */
  write(chunk: Uint8Array): void {
    try {
      if (this.#file === null) return;
      if (this.#bytes > 0 && this.#bytes + chunk.length > this.#bytesMax) this.#file = this.#turnOver(this.#file);
      writeSync(this.#file, chunk);
      this.#bytes += chunk.length;
    } catch {
      // Nothing to be done about it here, and nobody to tell.
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #turnOver(full: number): number {
    closeSync(full);
    this.#file = null;
    renameSync(this.path, `${this.path}.1`);
    this.#bytes = 0;
    return openSync(this.path, 'a', 0o600);
  }
}
