import { Buffer } from 'node:buffer';

/** Everything the other side said, in order, kept up to a limit. */
export class ReceivedBytes {
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #kept = 0;
  #total = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** All bytes, also those past the limit. */
  get total(): number {
    return this.#total;
  }

  get isFull(): boolean {
    return this.#kept >= this.#bytesMax;
  }

  /** Takes the next bytes and returns the part of them that is kept. The chunk must not change afterwards. */
  take(chunk: Uint8Array): Uint8Array {
    this.#total += chunk.length;
    const kept = chunk.length <= this.#bytesMax - this.#kept ? chunk : chunk.subarray(0, this.#bytesMax - this.#kept);
    if (kept.length === 0) return kept;
    this.#kept += kept.length;
    this.#chunks.push(kept);
    return kept;
  }

  bytes(): Uint8Array {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? new Uint8Array(0);
  }
}
