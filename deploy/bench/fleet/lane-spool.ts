import type { Lane, Spool, SpoolItem, SpoolRow } from '#agent/spool/spool.ts';
import type { AttemptResult } from '#shared/run/result.ts';

type Waiting = { readonly row: SpoolRow; readonly atMs: number };

/**
 * A spool whose backlog is made as it is read, so that millions of rows need no memory, and whose live rows note how
 * long they wait for their acknowledgement. Sequences: the backlog is 1 … `backlog`, live rows come after.
 */
export class LaneSpool implements Spool {
  readonly id: string;
  /** From `offerLive` to the acknowledgement, in order; by `performance.now()`. */
  readonly waits: { readonly madeAtMs: number; readonly waitMs: number }[] = [];
  readonly #rowAt: (number: number) => AttemptResult;
  readonly #backlog: number;
  #backlogAcked = 0;
  #live: Waiting[] = [];
  /** Of `#live`, acknowledged. */
  #acked = 0;
  #next: number;
  #ready = (): void => {};

  /** `rowAt(n)`: its result number n; the backlog is the first `backlog` of them. */
  constructor(id: string, backlog: number, rowAt: (number: number) => AttemptResult) {
    this.id = id;
    this.#backlog = backlog;
    this.#rowAt = rowAt;
    this.#next = backlog + 1;
  }

  get backlogLeft(): number {
    return this.#backlog - this.#backlogAcked;
  }

  get liveLeft(): number {
    return this.#live.length - this.#acked;
  }

  /** So many more results, made this moment. */
  offerLive(count = 1): void {
    const rows = Array.from({ length: count }, (): SpoolRow => {
      const sequence = this.#next++;
      return { sequence, item: { kind: 'result', result: this.#rowAt(sequence - 1) } };
    });
    const atMs = performance.now();
    for (const row of rows) this.#live.push({ row, atMs });
    this.#ready();
  }

  append(_item: SpoolItem): number {
    throw new Error('this spool makes its rows itself');
  }

  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[] {
    if (lane === 'backfill') return this.#backfill(afterSequence, max);
    const first = this.#live[0];
    if (!first) return [];
    const from = Math.max(this.#acked, afterSequence + 1 - first.row.sequence);
    return this.#live.slice(from, from + max).map(({ row }) => row);
  }

  ackThrough(lane: Lane, sequence: number): void {
    if (lane === 'backfill') { this.#backlogAcked = Math.max(this.#backlogAcked, sequence); return; }
    const nowMs = performance.now();
    for (let next = this.#live[this.#acked]; next && next.row.sequence <= sequence; next = this.#live[this.#acked]) {
      this.waits.push({ madeAtMs: next.atMs, waitMs: nowMs - next.atMs });
      this.#acked += 1;
    }
    if (this.liveLeft === 0) { this.#live = []; this.#acked = 0; }
  }

  depth(): number {
    return this.backlogLeft + this.liveLeft;
  }

  oldestAgeMs(): number {
    return 0;
  }

  onReady(callback: () => void): () => void {
    this.#ready = callback;
    return () => { this.#ready = () => {}; };
  }

  renewId(): void {}

  close(): void {}

  #backfill(afterSequence: number, max: number): readonly SpoolRow[] {
    const from = Math.max(afterSequence, this.#backlogAcked);
    return Array.from({ length: Math.max(0, Math.min(max, this.#backlog - from)) }, (_, index) => (
      { sequence: from + 1 + index, item: { kind: 'result', result: this.#rowAt(from + index) } }
    ));
  }
}
