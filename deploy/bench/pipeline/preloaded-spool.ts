import type { AttemptResult } from '#shared/run/result.ts';
import type { Lane, Spool, SpoolItem, SpoolRow } from '#agent/spool/spool.ts';

/**
 * A spool that is filled before the clock starts, so that what is measured is the way from there to the
 * acknowledgement. Everything is in the live lane.
 */
export class PreloadedSpool implements Spool {
  readonly id: string;
  #rows: readonly SpoolRow[] = [];
  #firstSequence = 1;
  #ackedThrough = 0;
  #ready = (): void => {};
  #drained = (): void => {};

  constructor(id: string) {
    this.id = id;
  }

  /** Takes the next load; offered once `offer` is called. */
  load(results: readonly AttemptResult[]): void {
    this.#firstSequence = this.#ackedThrough + 1;
    this.#rows = results.map((result, index) => ({ sequence: this.#firstSequence + index, item: { kind: 'result', result } }));
  }

  /** Resolves when all of the load is acknowledged. */
  offer(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#ready();
    });
  }

  append(_item: SpoolItem): number {
    throw new Error('a preloaded spool takes whole loads');
  }

  peek(lane: Lane, afterSequence: number, max: number): readonly SpoolRow[] {
    if (lane !== 'live') return [];
    const from = Math.max(0, afterSequence + 1 - this.#firstSequence);
    return this.#rows.slice(from, from + max);
  }

  ackThrough(_lane: Lane, sequence: number): void {
    this.#ackedThrough = Math.max(this.#ackedThrough, sequence);
    if (this.depth() === 0) this.#drained();
  }

  depth(): number {
    return this.#firstSequence + this.#rows.length - 1 - this.#ackedThrough;
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
