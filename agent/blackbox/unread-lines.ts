import { Buffer } from 'node:buffer';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const FIRST_BYTES = 4_096;

/**
 * What has arrived and nobody has read: one stream for lines and for counted bytes, so that nothing between two steps
 * is lost. Grows by doubling; whoever appends keeps it small by reading first.
 */
export class UnreadLines {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #start = 0;
  #end = 0;
  /** Up to here there is no newline. */
  #searched = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next whole line without its `\n` or `\r\n`; null when its end has not arrived. */
  takeLine(): Uint8Array | null {
    const at = this.#buffer.subarray(0, this.#end).indexOf(NEWLINE, Math.max(this.#start, this.#searched));
    this.#searched = at < 0 ? this.#end : at + 1;
    return at < 0 ? null : withoutReturn(this.#take(at + 1).subarray(0, -1));
  }

  /** All that is left, as a last line that nothing ended; null when nothing is left. */
  takeRest(): Uint8Array | null {
    return this.length === 0 ? null : withoutReturn(this.#take(this.#end));
  }

  take(count: number): Uint8Array {
    return this.#take(Math.min(this.#end, this.#start + count));
  }

  peek(count: number): Uint8Array {
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + count));
  }

  /** A copy: the buffer is written to again. */
  #take(end: number): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#buffer, this.#start, end);
    this.#start = end;
    return taken;
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#buffer.length) return;
    const { length } = this;
    const target = length + count <= this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(Math.max(length + count, 2 * this.#buffer.length));
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#searched = Math.max(0, this.#searched - this.#start);
    this.#start = 0;
    this.#end = length;
  }
}

/** One, as Go's line scanner drops it. */
function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
