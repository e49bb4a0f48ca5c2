import type { StoredRow } from '#coordinator/pipeline/judging-port.ts';
import type { StoredChange } from './stored-runs.ts';

export type KeptRow = { readonly row: StoredRow; readonly agentId: string };

/** The rows of runs as the judge reads them: by check, in order of `dueAtMs`. */
export class JudgedRows {
  readonly #rows = new Map<string, KeptRow[]>();

  /** Of slots due after this. */
  after(checkId: string, afterMs: number): readonly KeptRow[] {
    const all = this.#rows.get(checkId) ?? [];
    let from = all.length;
    while (from > 0 && all[from - 1]!.row.dueAtMs > afterMs) from -= 1;
    return all.slice(from);
  }

  /** What became of the tables of runs. */
  stored(change: StoredChange): void {
    if (change.kind === 'result') {
      const { isSurplus, result } = change.row;
      if (isSurplus || result.trigger === 'manual' || result.trigger === 'deploy') return;
      this.#insert(result.checkId, change.row.agentId, {
        kind: 'result', dueAtMs: result.dueAtMs, trigger: result.trigger, attempt: result.attempt, isFinal: result.isFinal, isImpaired: false,
        facts: {
          runId: result.runId, outcome: result.outcome, locationId: result.locationOwed, executedIn: result.locationExecuted, startedAtMs: result.startedAtMs,
          responseTimeMs: result.report.timings.totalUs / 1000, attempts: result.attempt, failure: result.failure,
        },
      });
      return;
    }
    if (change.kind === 'superseded') return this.#supersede(change.row.result);
    const { checkId, dueAtMs, locationOwed, reason } = change.row.gap;
    if (change.kind === 'gap') return this.#insert(checkId, '', { kind: 'gap', dueAtMs, locationId: locationOwed, reason });
    const rows = this.#rows.get(checkId) ?? [];
    rows.splice(rows.findIndex(({ row }) => row.kind === 'gap' && row.dueAtMs === dueAtMs && row.locationId === locationOwed), 1);
  }

  #supersede({ checkId, runId, attempt }: { readonly checkId: string; readonly runId: string; readonly attempt: number }): void {
    const rows = this.#rows.get(checkId) ?? [];
    const index = rows.findIndex(({ row }) => row.kind === 'result' && row.facts.runId === runId && row.attempt === attempt);
    const kept = rows[index];
    if (kept?.row.kind === 'result') rows[index] = { ...kept, row: { ...kept.row, isFinal: false } };
  }

  /** In order of `dueAtMs`; most come at the end. */
  #insert(checkId: string, agentId: string, row: StoredRow): void {
    const rows = this.#rows.get(checkId) ?? [];
    if (rows.length === 0) this.#rows.set(checkId, rows);
    let index = rows.length;
    while (index > 0 && rows[index - 1]!.row.dueAtMs > row.dueAtMs) index -= 1;
    rows.splice(index, 0, { row, agentId });
  }
}
