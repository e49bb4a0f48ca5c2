/** Numbers keys of a few words, the first that comes 0: a hash table of typed arrays, without an object a key. */
export class KeyIndex {
  readonly #words: number;
  #keys: Int32Array;
  /** Number of the key and one, by hash; 0: none. Always a power of two, at most half full. */
  #slots = new Int32Array(1024);
  size = 0;

  constructor(words: number) {
    this.#words = words;
    this.#keys = new Int32Array(words * 512);
  }

  /** The number of the key whose words stand at `at`, with `stride` bytes after every four of them. */
  numberOf(from: DataView, at: number, stride: number): number {
    let hash = 0;
    for (let word = 0; word < this.#words; word += 1) hash = Math.imul(hash ^ from.getInt32(at + offsetOf(word, stride)), 0x9e3779b1);
    for (let slot = (hash ^ (hash >>> 15)) & (this.#slots.length - 1); ; slot = (slot + 1) & (this.#slots.length - 1)) {
      const known = this.#slots[slot]!;
      if (known === 0) return this.#add(slot, from, at, stride);
      if (this.#isSame(known - 1, from, at, stride)) return known - 1;
    }
  }

  /** The words of a key. */
  key(number: number): Int32Array {
    return this.#keys.subarray(number * this.#words, (number + 1) * this.#words);
  }

  #isSame(number: number, from: DataView, at: number, stride: number): boolean {
    const first = number * this.#words;
    for (let word = 0; word < this.#words; word += 1) if (this.#keys[first + word] !== from.getInt32(at + offsetOf(word, stride))) return false;
    return true;
  }

  #add(slot: number, from: DataView, at: number, stride: number): number {
    const number = this.size;
    this.size += 1;
    if (this.size * this.#words > this.#keys.length) this.#keys = grown(this.#keys);
    for (let word = 0; word < this.#words; word += 1) this.#keys[number * this.#words + word] = from.getInt32(at + offsetOf(word, stride));
    this.#slots[slot] = number + 1;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.size; number += 1) {
      let hash = 0;
      for (let word = 0; word < this.#words; word += 1) hash = Math.imul(hash ^ this.#keys[number * this.#words + word]!, 0x9e3779b1);
      let slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** Twice as long, with what it held. */
export function grown<A extends Int32Array | Float64Array>(array: A): A {
  const larger = new (array.constructor as new (length: number) => A)(array.length * 2);
  larger.set(array);
  return larger;
}

const WORD_BYTES = 4;
const WORDS_TOGETHER = 4;

/** UUIDs are four words each; in a row of a copy the length of the next field stands between them. */
function offsetOf(word: number, stride: number): number {
  return WORD_BYTES * word + stride * Math.floor(word / WORDS_TOGETHER);
}
