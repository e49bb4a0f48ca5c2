/** Something due at an instant, which must not change while it is in a wheel. No longer current: dropped when met. */
export type Due = { readonly dueAtMs: number; readonly isCurrent: boolean };

/**
 * A hashed timer wheel with a small heap in front.
 *
 * Instants before the horizon are in the heap, exactly ordered; later ones wait unordered in the bucket of their
 * tick, modulo the wheel's size, and move to the heap when the horizon passes them. A heap alone would pay 20
 * cache-missing levels for each of a million entries; here it only ever holds the entries of one tick (and what is
 * overdue). Taking and adding are O(1) but for that heap.
 */
export class Wheel<Entry extends Due> {
  readonly #buckets: Entry[][] = Array.from({ length: BUCKETS }, () => []);
  #soon: Entry[] = [];
  #horizonTick: number;
  #waiting = 0;

  /** `nowMs` only says where the wheel begins to turn. */
  constructor(nowMs: number) {
    this.#horizonTick = Math.floor(nowMs / TICK_MS) + 1;
  }

  get size(): number {
    return this.#waiting + this.#soon.length;
  }

  add(entry: Entry): void {
    const tick = Math.floor(entry.dueAtMs / TICK_MS);
    if (tick < this.#horizonTick) {
      push(this.#soon, entry);
    } else {
      this.#buckets[tick % BUCKETS]!.push(entry);
      this.#waiting += 1;
    }
  }

  /** Removes and returns the earliest entry due at or before `nowMs`, if there is one. */
  takeDue(nowMs: number): Entry | undefined {
    this.#advance(nowMs);
    const first = this.#soon[0];
    return first && first.dueAtMs <= nowMs ? pop(this.#soon) : undefined;
  }

  /** When to look again: the next due instant, or the beginning of the next tick that holds anything; null when empty. */
  nextAtMs(): number | null {
    if (this.#soon.length > 0) return this.#soon[0]!.dueAtMs;
    if (this.#waiting === 0) return null;
    for (let tick = this.#horizonTick; tick < this.#horizonTick + BUCKETS; tick += 1) {
      if (this.#buckets[tick % BUCKETS]!.length > 0) return tick * TICK_MS;
    }
    return null;
  }

  #advance(nowMs: number): void {
    const horizon = Math.floor(nowMs / TICK_MS) + 1;
    // After a long sleep one revolution visits every bucket; further ones would visit them again.
    const last = Math.min(horizon, this.#horizonTick + BUCKETS);
    for (let tick = this.#horizonTick; tick < last; tick += 1) this.#empty(tick % BUCKETS, horizon);
    this.#horizonTick = Math.max(this.#horizonTick, horizon);
  }

  #empty(index: number, horizon: number): void {
    const bucket = this.#buckets[index]!;
    if (bucket.length === 0) return;
    const later: Entry[] = [];
    for (const entry of bucket) {
      if (!entry.isCurrent) continue;
      if (entry.dueAtMs < horizon * TICK_MS) push(this.#soon, entry);
      else later.push(entry);
    }
    this.#waiting -= bucket.length - later.length;
    this.#buckets[index] = later;
  }
}

/** A tick is short, so that the heap stays small: with a million checks every 10 s it holds 3,200. */
const TICK_MS = 32;
/** 262 s a revolution: what is due later is passed over once a revolution, 4,000 entries/s for a million daily checks. */
const BUCKETS = 8_192;

function push<Entry extends Due>(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >>> 1;
    if (heap[parent]!.dueAtMs <= entry.dueAtMs) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop<Entry extends Due>(heap: Entry[]): Entry {
  const first = heap[0]!;
  const moved = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.dueAtMs < heap[child]!.dueAtMs) child += 1;
    if (heap[child]!.dueAtMs >= moved.dueAtMs) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = moved;
  return first;
}
