import type { OwedRun } from '#coordinator/pipeline/closing-port.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';

export type StoredResult = Omit<Extract<IngestRow, { kind: 'result' }>, 'kind'> & { readonly replacedGap: string | null };
export type StoredGap = Omit<Extract<IngestRow, { kind: 'gap' }>, 'kind'>;

/** What happened to the tables, in the order of commits: what a judge, or an oracle, has to go by. */
export type StoredChange =
  | { readonly kind: 'result'; readonly row: StoredResult }
  /** Was final, until a retry in another location ended its run instead. */
  | { readonly kind: 'superseded'; readonly row: StoredResult }
  | { readonly kind: 'gap'; readonly row: StoredGap }
  | { readonly kind: 'gap_replaced'; readonly row: StoredGap };

/** Where the model may be told to be wrong, for the planted bugs. */
export type RunsMistakes = {
  /** The key of a result, instead of run and attempt. */
  readonly keyOf?: (row: Extract<IngestRow, { kind: 'result' }>) => string;
  readonly keepsReplacedGaps?: boolean;
  /** A gap is taken whatever is there. */
  readonly ignoresResults?: boolean;
};

/** The tables `results` and `gaps` as coordinator/store/ingest.ts and closing.ts treat them; one call is one transaction. */
export class StoredRuns {
  readonly results = new Map<string, StoredResult>();
  readonly gaps = new Map<string, StoredGap>();
  /** The results of a run, all attempts. */
  readonly #ofRun = new Map<string, StoredResult[]>();
  readonly #onChange: (change: StoredChange) => void;
  readonly #mistakes: RunsMistakes;

  constructor(onChange: (change: StoredChange) => void, mistakes: RunsMistakes = {}) {
    this.#onChange = onChange;
    this.#mistakes = mistakes;
  }

  ingest(rows: readonly IngestRow[]): { readonly inserted: number; readonly duplicates: number } {
    const results = rows.filter((row) => row.kind === 'result').sort((a, b) => (
      a.result.dueAtMs - b.result.dueAtMs || (a.result.runId < b.result.runId ? -1 : a.result.runId > b.result.runId ? 1 : a.result.attempt - b.result.attempt)));
    // One statement sees what was there before it, not what it writes itself.
    const filled = new Set(results.filter(({ result, accountId }) => this.isFilled(accountId, result.runId)).map(({ result }) => result.runId));
    let inserted = 0;
    for (const row of results) inserted += this.#insertResult(row, filled);
    for (const row of rows) if (row.kind === 'gap') inserted += this.#insertGap(row);
    return { inserted, duplicates: rows.length - inserted };
  }

  #insertResult({ kind: _, ...row }: Extract<IngestRow, { kind: 'result' }>, filled: ReadonlySet<string>): number {
    const { accountId, result } = row;
    const key = this.#mistakes.keyOf?.({ kind: 'result', ...row }) ?? `${accountId}/${result.dueAtMs}/${result.runId}/${result.attempt}`;
    if (this.results.has(key)) return 0;
    const gapKey = `${accountId}/${result.runId}`;
    const isElsewhere = result.trigger === 'retry' && result.attempt > 1 && result.locationExecuted !== result.locationOwed;
    const before = this.#ofRun.get(gapKey) ?? [];
    const outlasts = (other: StoredResult): boolean => isElsewhere && other.result.attempt < result.attempt;
    const isSecond = result.attempt > 1 && result.isFinal && filled.has(result.runId) && before.some((other) => fills(other) && !outlasts(other));
    const gap = this.gaps.get(gapKey);
    const stored: StoredResult = {
      ...row, isSurplus: row.isSurplus || isSecond, replacedGap: result.isFinal && !row.isSurplus && gap ? gap.gap.reason : null,
    };
    this.results.set(key, stored);
    const ofRun = this.#ofRun.get(gapKey);
    if (ofRun) ofRun.push(stored);
    else this.#ofRun.set(gapKey, [stored]);
    this.#onChange({ kind: 'result', row: stored });
    if (fills(stored)) for (const other of before.filter((one) => one.result.isFinal && outlasts(one))) this.#supersede(gapKey, other);
    if (gap && result.isFinal && !stored.isSurplus && !this.#mistakes.keepsReplacedGaps) {
      this.gaps.delete(gapKey);
      this.#onChange({ kind: 'gap_replaced', row: gap });
    }
    return 1;
  }

  #supersede(runKey: string, row: StoredResult): void {
    const superseded = { ...row, result: { ...row.result, isFinal: false } };
    for (const [key, one] of this.results) if (one === row) this.results.set(key, superseded);
    const ofRun = this.#ofRun.get(runKey)!;
    ofRun[ofRun.indexOf(row)] = superseded;
    this.#onChange({ kind: 'superseded', row: superseded });
  }

  #insertGap({ kind: _, ...row }: Extract<IngestRow, { kind: 'gap' }>): number {
    const key = `${row.accountId}/${row.gap.runId}`;
    if (this.gaps.has(key) || (this.isFilled(row.accountId, row.gap.runId) && !this.#mistakes.ignoresResults)) return 0;
    this.gaps.set(key, row);
    this.#onChange({ kind: 'gap', row });
    return 1;
  }

  /** Has the run a final result that is no surplus? */
  isFilled(accountId: string, runId: string): boolean {
    return this.resultsOf(accountId, runId).some(fills);
  }

  resultsOf(accountId: string, runId: string): readonly StoredResult[] {
    return this.#ofRun.get(`${accountId}/${runId}`) ?? [];
  }

  isUnsettled({ accountId, runId }: OwedRun): boolean {
    return !this.isFilled(accountId, runId) && !this.gaps.has(`${accountId}/${runId}`);
  }
}

/** Of its run it is what counts. */
function fills({ result, isSurplus }: StoredResult): boolean {
  return result.isFinal && !isSurplus;
}
