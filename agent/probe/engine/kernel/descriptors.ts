/**
 * The descriptors a thread holds outside of Node's care, in memory that outlives it: who replaces a thread that died
 * closes them. A mark is set after a descriptor was opened and taken away before it is closed, so that a thread that
 * ends in between leaves one open rather than have another's closed.
 */
export class Descriptors {
  readonly #marks: Uint8Array;

  constructor(memory: SharedArrayBuffer = Descriptors.memory()) {
    this.#marks = new Uint8Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(DESCRIPTORS_MAX);
  }

  /** false: the number is too high to be kept. */
  hold(fd: number): boolean {
    if (fd >= DESCRIPTORS_MAX) return false;
    Atomics.store(this.#marks, fd, 1);
    return true;
  }

  release(fd: number): void {
    Atomics.store(this.#marks, fd, 0);
  }

  /** Those still held. */
  held(): readonly number[] {
    const held: number[] = [];
    for (let fd = this.#marks.indexOf(1); fd !== -1; fd = this.#marks.indexOf(1, fd + 1)) held.push(fd);
    return held;
  }
}

/** Three times the most attempts an agent may make at once; beyond it the agent has no descriptors left (EMFILE). */
const DESCRIPTORS_MAX = 65_536;
