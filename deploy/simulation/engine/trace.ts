/** How many of the last effects are kept to be shown with a failure. */
const TAIL = 20_000;

/** Everything that happened, as one number: two runs with the same number were the same run. */
export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;
  #tail: string[] = [];
  /** Keep the last effects as text, for people. */
  isKept = false;
  effects = 0;

  note(nowMs: number, text: string): void {
    this.effects += 1;
    this.#mix(Math.floor(nowMs * 8) | 0);
    for (let index = 0; index < text.length; index += 1) this.#mix(text.charCodeAt(index));
    if (!this.isKept) return;
    this.#tail.push(`${(nowMs / 1000).toFixed(3)} ${text}`);
    if (this.#tail.length > 2 * TAIL) this.#tail = this.#tail.slice(-TAIL);
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#b = Math.imul(this.#b ^ (value + this.#a), 0x85ebca6b) ^ (this.#b >>> 13);
  }

  get hash(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0');
  }

  get tail(): readonly string[] {
    return this.#tail.slice(-TAIL);
  }
}
