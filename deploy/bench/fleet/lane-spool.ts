import type { Lane, Spool, SpoolItem, SpoolRow } from '#agent/spool/spool.ts';
import type { AttemptResult } from '#shared/run/result.ts';

/**
 * A spool whose backlog is made as it is read, so that millions of rows need no memory, and whose live rows note how
 * long they wait for their acknowledgement. Sequences: the backlog is 1 … `backlog`, live rows come after.
 */
export class LaneSpool implements Spool {
  readonly id: string;
  /** ms from `offerLive` to the acknowledgement. */
  readonly waitsMs: number[] = [];
  readonly #rowsAt: (first: number, count: number) => readonly AttemptResult[];
  readonly #backlog: number;
  #backlogAcked = 0;
  #live: { readonly row: SpoolRow; readonly atMs: number }[] = [];
  #next: number;
  #ready = (): void => {};

  /** `rowsAt(n, count)`: results number n …; the backlog is the first `backlog` of them. */
  constructor(id: string, backlog: number, rowsAt: (first: number, count: number) => readonly AttemptResult[]) {
    this.id = id;
    this.#backlog = backlog;
    this.#rowsAt = rowsAt;
    this.#next = backlog + 1;
  }

  get backlogLeft(): number {
    return this.#backlog - this.#backlogAcked;
  }

  get liveLeft(): number {
    return this.#live.length;
  }

  /** One more result, made this moment. */
  offerLive(): void {
    const sequence = this.#next++;
    this.#live.push({ row: { sequence, item: { kind: 'result', result: this.#rowsAt(sequence - 1, 1)[0]! } }, atMs: performance.now() });
    this.#ready();
  }

  append(_item: SpoolItem): number {
    throw new Error('this spool makes its rows itself');
  }

  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[] {
    if (lane === 'live') return this.#live.filter(({ row }) => row.sequence > afterSequence).slice(0, max).map(({ row }) => row);
    const from = Math.max(afterSequence, this.#backlogAcked);
    return this.#rowsAt(from, Math.max(0, Math.min(max, this.#backlog - from))).map((result, index) => ({ sequence: from + 1 + index, item: { kind: 'result', result } }));
  }

  ackThrough(lane: Lane, sequence: number): void {
    if (lane === 'backfill') { this.#backlogAcked = Math.max(this.#backlogAcked, sequence); return; }
    const nowMs = performance.now();
    while (this.#live[0] && this.#live[0].row.sequence <= sequence) this.waitsMs.push(nowMs - this.#live.shift()!.atMs);
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
}
