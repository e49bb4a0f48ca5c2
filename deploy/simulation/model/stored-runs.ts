import type { OwedRun } from '#coordinator/pipeline/closing-port.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';

export type StoredResult = Omit<Extract<IngestRow, { kind: 'result' }>, 'kind'> & { readonly replacedGap: string | null };
export type StoredGap = Omit<Extract<IngestRow, { kind: 'gap' }>, 'kind'>;

/** What happened to the tables, in the order of commits: what a judge, or an oracle, has to go by. */
export type StoredChange =
  | { readonly kind: 'result'; readonly row: StoredResult }
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
    const isSecond = result.attempt > 1 && result.isFinal && filled.has(result.runId);
    const gapKey = `${accountId}/${result.runId}`;
    const gap = this.gaps.get(gapKey);
    const stored: StoredResult = {
      ...row, isSurplus: row.isSurplus || isSecond, replacedGap: result.isFinal && !row.isSurplus && gap ? gap.gap.reason : null,
    };
    this.results.set(key, stored);
    const ofRun = this.#ofRun.get(gapKey);
    if (ofRun) ofRun.push(stored);
    else this.#ofRun.set(gapKey, [stored]);
    this.#onChange({ kind: 'result', row: stored });
    if (gap && result.isFinal && !stored.isSurplus && !this.#mistakes.keepsReplacedGaps) {
      this.gaps.delete(gapKey);
      this.#onChange({ kind: 'gap_replaced', row: gap });
    }
    return 1;
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
    return this.resultsOf(accountId, runId).some(({ result, isSurplus }) => result.isFinal && !isSurplus);
  }

  resultsOf(accountId: string, runId: string): readonly StoredResult[] {
    return this.#ofRun.get(`${accountId}/${runId}`) ?? [];
  }

  isUnsettled({ accountId, runId }: OwedRun): boolean {
    return !this.isFilled(accountId, runId) && !this.gaps.has(`${accountId}/${runId}`);
  }
}
