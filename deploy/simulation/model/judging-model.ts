import type { Notice } from '#coordinator/alerting/notice.ts';
import { NOTHING_TOLD } from '#coordinator/alerting/told.ts';
import type { JudgedCheck, KeptState, StoredRow, StoredRows } from '#coordinator/pipeline/judging-port.ts';
import { judgeMarksOf } from '#coordinator/store/judge-marks.ts';
import { NEW_STATE } from '#coordinator/verdict/check-state.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';
import type { StoredChange } from './stored-runs.ts';

/** Where the model may be told to be wrong, for the planted bugs. */
export type JudgingMistakes = {
  /** What a turn writes is there before its commit, and stays when there is none. */
  readonly writesOutsideTheTransaction?: boolean;
  /** Marks do not say from which slot on a check is to be judged anew. */
  readonly forgetsWhereRowsBelong?: boolean;
  /** Two turns may have the same check. */
  readonly locksNothing?: boolean;
};

type CheckRow = Omit<JudgedCheck, 'alerts' | 'notices' | 'status' | 'sinceMs' | 'checkpoints'> & { readonly checkpoints: KeptState['checkpoints'] };
type Mark = { readonly order: number; readonly checkId: string; readonly firstDueMs: number | null; readonly atMs: number };
export type AlertRow = { readonly id: string; readonly checkId: string; kind: 'failure' | 'degraded' | 'no_data'; closedAtMs: number | null };

/** One turn's transaction: it has its checks until it is committed or rolled back. */
export type TakenTurn = {
  readonly checks: readonly KeptState[];
  readonly nowMs: number;
  readonly marks: ReadonlySet<Mark>;
  /** How much had been stored when the rows were read, and of which checks more had come by then than their marks say. */
  read: { readonly changes: number; readonly isBehind: ReadonlySet<string> } | null;
  isOpen: boolean;
};

/** One check's part of a turn that was committed; for the oracle. */
export type Look = {
  readonly judged: JudgedCheck;
  readonly nowMs: number;
  /** Changes of what is stored that it could see. */
  readonly changes: number;
  /** A row had come for which there is a mark that this look did not take: another look follows. */
  readonly isBehind: boolean;
};

export type JudgingModelDeps = {
  readonly nowMs: () => number;
  readonly mistakes?: JudgingMistakes;
  /** NOTIFY. */
  readonly onHint: () => void;
  readonly onLook?: (look: Look) => void;
  /** A notice is there for whoever delivers it. */
  readonly onNotice?: (notice: Notice) => void;
};

/** States, marks, alerts and the outbox as coordinator/store/judging.ts and its triggers keep them. */
export class JudgingModel {
  readonly states = new Map<string, CheckRow>();
  readonly alerts = new Map<string, AlertRow>();
  readonly notices = new Map<string, Notice>();
  /** How many changes of what is stored there were. */
  changes = 0;
  readonly #rows = new Map<string, StoredRow[]>();
  readonly #marks = new Set<Mark>();
  readonly #locked = new Set<string>();
  readonly #deps: JudgingModelDeps;
  #order = 0;

  constructor(deps: JudgingModelDeps) {
    this.#deps = deps;
  }

  get marks(): Iterable<Mark> {
    return this.#marks;
  }

  /** The trigger on checks. */
  checkChanged(accountId: string, checkId: string): void {
    if (!this.states.has(checkId)) {
      this.states.set(checkId, {
        accountId, checkId, base: NEW_STATE, head: NEW_STATE, checkpoints: [], slotsFolded: 0, told: NOTHING_TOLD, confirmations: [], retries: [], isHistoryPending: false, nextLookMs: null,
      });
    }
    this.#mark(checkId, null);
    this.#deps.onHint();
  }

  /** With the commit of the rows. */
  ingested(rows: readonly IngestRow[]): void {
    const marks = judgeMarksOf(rows);
    for (const { checkId, firstDueMs } of marks) this.#mark(checkId, this.#deps.mistakes?.forgetsWhereRowsBelong ? null : firstDueMs);
    if (marks.length > 0) this.#deps.onHint();
  }

  #mark(checkId: string, firstDueMs: number | null): void {
    this.#marks.add({ order: this.#order++, checkId, firstDueMs, atMs: this.#deps.nowMs() });
  }

  /** What became of the tables of runs. */
  stored(change: StoredChange): void {
    this.changes += 1;
    if (change.kind === 'result') {
      const { isSurplus, result } = change.row;
      if (isSurplus || result.trigger === 'manual' || result.trigger === 'deploy') return;
      this.#insert(result.checkId, {
        kind: 'result', dueAtMs: result.dueAtMs, trigger: result.trigger, attempt: result.attempt, isFinal: result.isFinal, isImpaired: false,
        facts: {
          runId: result.runId, outcome: result.outcome, locationId: result.locationOwed, executedIn: result.locationExecuted, startedAtMs: result.startedAtMs,
          responseTimeMs: result.report.timings.totalUs / 1000, attempts: result.attempt, failure: result.failure,
        },
      });
      return;
    }
    const { checkId, dueAtMs, locationOwed, reason } = change.row.gap;
    if (change.kind === 'gap') return this.#insert(checkId, { kind: 'gap', dueAtMs, locationId: locationOwed, reason });
    const rows = this.#rows.get(checkId) ?? [];
    rows.splice(rows.findIndex((row) => row.kind === 'gap' && row.dueAtMs === dueAtMs && row.locationId === locationOwed), 1);
  }

  /** In order of `dueAtMs`; most come at the end. */
  #insert(checkId: string, row: StoredRow): void {
    const rows = this.#rows.get(checkId) ?? [];
    if (rows.length === 0) this.#rows.set(checkId, rows);
    let index = rows.length;
    while (index > 0 && rows[index - 1]!.dueAtMs > row.dueAtMs) index -= 1;
    rows.splice(index, 0, row);
  }

  take({ nowMs, checksMax }: { readonly nowMs: number; readonly checksMax: number }): TakenTurn {
    const wanted = new Map<string, { firstDueMs: number | null }>();
    for (const { checkId } of this.#marks) if (this.#isFree(checkId)) wanted.set(checkId, { firstDueMs: null });
    for (const { checkId, nextLookMs } of this.states.values()) if (nextLookMs !== null && nextLookMs <= nowMs && this.#isFree(checkId)) wanted.set(checkId, { firstDueMs: null });
    const taken = new Map([...wanted].slice(0, checksMax));
    const marks = new Set<Mark>();
    for (const mark of this.#marks) {
      const check = taken.get(mark.checkId);
      if (!check) continue;
      marks.add(mark);
      if (mark.firstDueMs !== null) check.firstDueMs = Math.min(check.firstDueMs ?? Infinity, mark.firstDueMs);
    }
    for (const checkId of taken.keys()) this.#locked.add(checkId);
    const checks = [...taken].map(([checkId, { firstDueMs }]): KeptState => {
      const { nextLookMs: _, ...kept } = this.states.get(checkId)!;
      return { ...kept, firstDueMs, acknowledgedAtMs: null, snoozedUntilMs: null, resolved: { alert: false, noData: false } };
    });
    return { checks, nowMs, marks, read: null, isOpen: true };
  }

  #isFree(checkId: string): boolean {
    return this.states.has(checkId) && (!this.#locked.has(checkId) || this.#deps.mistakes?.locksNothing === true);
  }

  loadRows(turn: TakenTurn, ranges: readonly { readonly checkId: string; readonly afterMs: number }[], rowsMax: number): ReadonlyMap<string, StoredRows> {
    turn.read = { changes: this.changes, isBehind: new Set([...this.#marks].filter((mark) => !turn.marks.has(mark)).map(({ checkId }) => checkId)) };
    return new Map(ranges.map(({ checkId, afterMs }) => {
      const all = this.#rows.get(checkId) ?? [];
      let from = all.length;
      while (from > 0 && all[from - 1]!.dueAtMs > afterMs) from -= 1;
      if (all.length - from > rowsMax) throw new Error(`more than ${rowsMax} rows of one check are not modelled`);
      return [checkId, { rows: all.slice(from), isCut: false }] as const;
    }));
  }

  /** What `save` was given, and the end of the marks. Throws when the turn was rolled back. */
  commit(turn: TakenTurn, judged: readonly JudgedCheck[]): void {
    if (!turn.isOpen) throw new Error('the transaction is over');
    this.rollBack(turn);
    for (const mark of turn.marks) this.#marks.delete(mark);
    for (const one of judged) {
      const { alerts: _, notices: __, status: ___, sinceMs: ____, ...kept } = one;
      this.states.set(one.checkId, { ...kept, checkpoints: one.checkpoints ?? this.states.get(one.checkId)!.checkpoints });
    }
    if (!this.#deps.mistakes?.writesOutsideTheTransaction) this.write(judged);
    for (const one of judged) this.#deps.onLook?.({ judged: one, nowMs: turn.nowMs, changes: turn.read?.changes ?? 0, isBehind: turn.read?.isBehind.has(one.checkId) ?? false });
  }

  /** Alerts and notices. */
  write(judged: readonly JudgedCheck[]): void {
    for (const { checkId, alerts, notices } of judged) {
      for (const change of alerts) {
        const row = this.alerts.get(change.id);
        if (change.kind === 'open') this.alerts.set(change.id, { id: change.id, checkId, kind: change.alertKind, closedAtMs: null });
        else if (row && change.kind === 'change') row.kind = change.alertKind;
        else if (row && change.kind === 'close') row.closedAtMs ??= change.atMs;
      }
      for (const notice of notices) {
        if (this.notices.has(notice.id)) continue;
        this.notices.set(notice.id, notice);
        this.#deps.onNotice?.(notice);
      }
    }
  }

  /** The checks are anybody's again, and their marks are there as before. */
  rollBack(turn: TakenTurn): void {
    if (!turn.isOpen) return;
    turn.isOpen = false;
    for (const { checkId } of turn.checks) this.#locked.delete(checkId);
  }
}
