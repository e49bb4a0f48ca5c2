/** Values that repeat, each once, known by their key. */
export class Dictionary<T> {
  readonly #indexes = new Map<string, number>();
  readonly values: T[] = [];

  /** The index of `key`'s value, which is added when it is new. */
  indexOf(key: string, value: T | (() => T)): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.values.length);
    this.values.push(typeof value === 'function' ? (value as () => T)() : value);
    return this.values.length - 1;
  }
}
