import type { Notice } from '#coordinator/alerting/notice.ts';
import { NOTHING_TOLD } from '#coordinator/alerting/told.ts';
import type { AccountContext, DependencyState, JudgedCheck, KeptState, StoredRow, StoredRows } from '#coordinator/pipeline/judging-port.ts';
import { judgeMarksOf } from '#coordinator/store/judge-marks.ts';
import { NEW_STATE, statusOf } from '#coordinator/verdict/check-state.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';
import { JudgedRows, type KeptRow } from './judged-rows.ts';
import { JudgingSurroundings } from './judging-surroundings.ts';
import { MarksModel, type Mark } from './marks-model.ts';
import type { StoredChange } from './stored-runs.ts';

/** Where the model may be told to be wrong, for the planted bugs. */
export type JudgingMistakes = {
  /** What a turn writes is there before its commit, and stays when there is none. */
  readonly writesOutsideTheTransaction?: boolean;
  /** Marks do not say from which slot on a check is to be judged anew. */
  readonly forgetsWhereRowsBelong?: boolean;
  /** What the judge does not get to read. */
  readonly unread?: Unread;
  /** Checks are looked at when something comes, and not when their time has come. */
  readonly forgetsTime?: boolean;
  /** Two turns may have the same check. */
  readonly locksNothing?: boolean;
};

export type Unread = 'confirmations' | 'windows' | 'dependencies' | 'groups' | 'impaired' | 'outages' | 'words';

type CheckRow = Omit<JudgedCheck, 'alerts' | 'notices' | 'status' | 'sinceMs' | 'checkpoints'> & { readonly checkpoints: KeptState['checkpoints'] };
export type AlertRow = { readonly id: string; readonly checkId: string; kind: 'failure' | 'degraded' | 'no_data'; closedAtMs: number | null } & AlertWord;
/** What somebody said about an alert. */
export type AlertWord = { acknowledgedAtMs: number | null; snoozedUntilMs: number | null; isResolved: boolean };

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
  /** Something had come or changed for which there is a mark that this look did not take: another look follows. */
  readonly isBehind: boolean;
  /** All checks of the turn. */
  readonly alongside: ReadonlySet<string>;
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
  readonly surroundings = new JudgingSurroundings();
  /** How many changes of what is stored there were. */
  changes = 0;
  readonly #rows = new JudgedRows();
  readonly #marks: MarksModel;
  readonly #locked = new Set<string>();
  readonly #deps: JudgingModelDeps;

  constructor(deps: JudgingModelDeps) {
    this.#deps = deps;
    this.#marks = new MarksModel(deps.nowMs);
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
    this.markSurroundings([checkId]);
  }

  /** The triggers on what else is read when a check is judged; `firstDueMs`: from which slot on it speaks of. */
  markSurroundings(checkIds: Iterable<string>, firstDueMs: number | null = null): void {
    for (const checkId of checkIds) this.#mark(checkId, firstDueMs, 'surroundings');
    this.#deps.onHint();
  }

  /** With the commit of the rows. */
  ingested(rows: readonly IngestRow[]): void {
    const marks = judgeMarksOf(rows);
    for (const { checkId, firstDueMs } of marks) this.#mark(checkId, this.#deps.mistakes?.forgetsWhereRowsBelong ? null : firstDueMs, 'rows');
    if (marks.length > 0) this.#deps.onHint();
  }

  #mark(checkId: string, firstDueMs: number | null, from: Mark['from']): void {
    this.#marks.add({ checkId, firstDueMs, from, judgedThroughMs: this.states.get(checkId)!.head.throughMs });
  }

  /** Somebody acknowledges, snoozes or closes an alert; false: there is no such alert open. */
  say(alertId: string, word: Partial<AlertWord>): boolean {
    const row = this.alerts.get(alertId);
    if (!row || row.closedAtMs !== null) return false;
    Object.assign(row, word);
    this.markSurroundings([row.checkId]);
    return true;
  }

  /** What became of the tables of runs. */
  stored(change: StoredChange): void {
    this.changes += 1;
    this.#rows.stored(change);
  }

  take({ nowMs, checksMax }: { readonly nowMs: number; readonly checksMax: number }): TakenTurn {
    const wanted = new Map<string, { firstDueMs: number | null }>();
    const ripe = this.#marks.ripe();
    for (const mark of ripe) if (this.#isFree(mark.checkId)) wanted.set(mark.checkId, { firstDueMs: null });
    for (const { checkId, nextLookMs } of this.states.values()) if (nextLookMs !== null && nextLookMs <= nowMs && !this.#deps.mistakes?.forgetsTime && this.#isFree(checkId)) wanted.set(checkId, { firstDueMs: null });
    const taken = new Map([...wanted].slice(0, checksMax));
    const marks = new Set<Mark>();
    for (const mark of ripe) {
      const check = taken.get(mark.checkId);
      if (!check) continue;
      marks.add(mark);
      if (mark.firstDueMs !== null) check.firstDueMs = Math.min(check.firstDueMs ?? Infinity, mark.firstDueMs);
    }
    for (const checkId of taken.keys()) this.#locked.add(checkId);
    const checks = [...taken].map(([checkId, { firstDueMs }]): KeptState => {
      const { nextLookMs: _, ...kept } = this.states.get(checkId)!;
      const [alert, unseen] = [kept.told.alertId, kept.told.noDataAlertId].map((id) => (id === null || this.#isUnread('words') ? undefined : this.alerts.get(id)));
      return {
        ...kept, firstDueMs, acknowledgedAtMs: alert?.acknowledgedAtMs ?? null, snoozedUntilMs: alert?.snoozedUntilMs ?? null,
        resolved: { alert: alert?.isResolved ?? false, noData: unseen?.isResolved ?? false },
      };
    });
    return { checks, nowMs, marks, read: null, isOpen: true };
  }

  #isFree(checkId: string): boolean {
    return this.states.has(checkId) && (!this.#locked.has(checkId) || this.#deps.mistakes?.locksNothing === true);
  }

  loadRows(turn: TakenTurn, ranges: readonly { readonly checkId: string; readonly afterMs: number }[], rowsMax: number): ReadonlyMap<string, StoredRows> {
    turn.read = { changes: this.changes, isBehind: this.#marks.untaken(turn.marks, ['rows', 'surroundings']) };
    return new Map(ranges.map(({ checkId, afterMs }) => {
      const rows = this.#rows.after(checkId, afterMs).map((kept) => this.#read(kept));
      if (rows.length > rowsMax) throw new Error(`more than ${rowsMax} rows of one check are not modelled`);
      return [checkId, { rows: this.#isUnread('confirmations') ? rows.filter((row) => row.kind === 'gap' || row.trigger !== 'confirm') : rows, isCut: false }] as const;
    }));
  }

  #isUnread(what: Unread): boolean {
    return this.#deps.mistakes?.unread === what;
  }

  /** By account. */
  loadContexts(): ReadonlyMap<string, AccountContext> {
    return new Map([...this.surroundings.contexts].map(([accountId, context]) => [accountId, {
      ...context, ...(this.#isUnread('windows') ? { windows: [] } : {}), ...(this.#isUnread('groups') ? { groups: new Map() } : {}),
    }]));
  }

  loadOutages(): ReadonlyMap<string, number | null> {
    return this.#isUnread('outages') ? new Map() : new Map(this.surroundings.outages);
  }

  loadDependencies(checkIds: readonly string[]): ReadonlyMap<string, DependencyState> {
    if (this.#isUnread('dependencies')) return new Map();
    return new Map(checkIds.flatMap((checkId) => {
      const row = this.states.get(checkId);
      return row ? [[checkId, { status: statusOf(row.head).status, level: row.told.level, lastVerdictMs: row.head.lastVerdictMs }]] : [];
    }));
  }

  #read({ row, agentId }: KeptRow): StoredRow {
    if (row.kind === 'gap' || this.#isUnread('impaired') || !this.surroundings.isImpaired({ locationId: row.facts.executedIn, agentId, dueAtMs: row.dueAtMs })) return row;
    return { ...row, isImpaired: true };
  }

  /** What `save` was given, and the end of the marks. Throws when the turn was rolled back. */
  commit(turn: TakenTurn, judged: readonly JudgedCheck[]): void {
    if (!turn.isOpen) throw new Error('the transaction is over');
    this.rollBack(turn);
    this.#marks.delete(turn.marks);
    for (const one of judged) {
      const { alerts: _, notices: __, status: ___, sinceMs: ____, ...kept } = one;
      this.states.set(one.checkId, { ...kept, checkpoints: one.checkpoints ?? this.states.get(one.checkId)!.checkpoints });
    }
    if (!this.#deps.mistakes?.writesOutsideTheTransaction) this.write(judged);
    // Rows are known as they were read; of the surroundings nobody knows what they were then.
    const isOutdated = this.#marks.untaken(turn.marks, ['surroundings']);
    const alongside = new Set(judged.map(({ checkId }) => checkId));
    for (const one of judged) {
      const isBehind = (turn.read?.isBehind.has(one.checkId) ?? false) || isOutdated.has(one.checkId);
      this.#deps.onLook?.({ judged: one, nowMs: turn.nowMs, changes: turn.read?.changes ?? 0, isBehind, alongside });
    }
  }

  /** Alerts and notices. */
  write(judged: readonly JudgedCheck[]): void {
    for (const { checkId, alerts, notices } of judged) {
      for (const change of alerts) {
        const row = this.alerts.get(change.id);
        if (change.kind === 'open') this.alerts.set(change.id, { id: change.id, checkId, kind: change.alertKind, closedAtMs: null, acknowledgedAtMs: null, snoozedUntilMs: null, isResolved: false });
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
