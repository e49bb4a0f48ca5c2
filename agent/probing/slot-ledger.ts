import type { Assignment } from '#shared/run/assignment.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { dueBetween, nextTurn, owes, type Turns } from '#shared/schedule/turns.ts';
import type { BegunAttempt } from '../executor/begun-attempt.ts';

/** A slot of which nothing was heard. */
export type UnansweredSlot = { readonly checkId: string; readonly accountId: string; readonly dueAtMs: number };

/** A run that was begun and of whose end nothing was heard, with its last attempt. */
export type LostRun = { readonly assignment: Assignment; readonly begun: BegunAttempt };

/**
 * Which slots another thread has answered, so that those it takes with it when it dies are known. It keeps a border a
 * check (everything before is answered) and the few answers beyond it, since the slots themselves are a pure function.
 */
export class SlotLedger {
  readonly #accounts = new Map<string, Account>();

  /** The assignments change at `nowMs`; slots before `sinceMs` are nobody's here. */
  apply(upserts: readonly Assignment[], removals: readonly string[], { nowMs, sinceMs }: { readonly nowMs: number; readonly sinceMs: number }): void {
    const lookBackMs = Math.max(sinceMs, Math.ceil(nowMs) - LOOK_BACK_MS);
    for (const checkId of removals) {
      const account = this.#accounts.get(checkId);
      if (account === undefined) continue;
      this.#retire(account, nowMs);
      account.turns = [];
      this.#forgetIfOver(checkId, account);
    }
    for (const assignment of upserts) {
      const { checkId, turns } = assignment;
      const account = this.#accounts.get(checkId);
      if (account === undefined) {
        this.#accounts.set(checkId, { assignment, turns, answeredBeforeMs: lookBackMs, answered: new Set(), owed: new Map(), pausing: null });
        continue;
      }
      this.#retire(account, nowMs);
      account.assignment = assignment;
      account.turns = turns;
    }
  }

  /** The slot's last word was heard: a final result or a gap. */
  answered(checkId: string, dueAtMs: number): void {
    const account = this.#accounts.get(checkId);
    if (account === undefined) return;
    if (account.pausing?.dueAtMs === dueAtMs) account.pausing = null;
    if (account.owed.delete(dueAtMs)) return this.#forgetIfOver(checkId, account);
    if (dueAtMs < account.answeredBeforeMs) return;
    account.answered.add(dueAtMs);
    for (let next = nextTurn(account.turns, account.answeredBeforeMs - 1); next !== null && account.answered.delete(next);) {
      account.answeredBeforeMs = next + 1;
      next = nextTurn(account.turns, next);
    }
    if (account.answered.size > ANSWERED_MAX) settleThrough(account, Math.min(...account.answered));
  }

  /** An attempt was heard of that is to be followed by another one. */
  attempted({ checkId, checkRevision, dueAtMs, attempt, latenessUs }: Pick<AttemptResult, 'checkId' | 'checkRevision' | 'dueAtMs' | 'attempt' | 'latenessUs'>): void {
    const account = this.#accounts.get(checkId);
    if (account !== undefined) account.pausing = { revision: checkRevision, dueAtMs, attempt, latenessUs };
  }

  /**
   * The runs that were begun and are not over, of a thread that died at `nowMs` and had begun `attempts`, of which some
   * were heard of. A run that paused has the attempt it paused before. From now on they count as answered.
   */
  takeBegun(attempts: readonly BegunAttempt[], nowMs: number): readonly LostRun[] {
    const lost = new Map<string, LostRun>();
    const add = (begun: BegunAttempt): void => {
      const assignment = this.#assignmentOfOpen(begun.checkId, begun.dueAtMs);
      const key = `${begun.checkId} ${begun.dueAtMs}`;
      if (assignment !== null && begun.attempt > (lost.get(key)?.begun.attempt ?? 0)) lost.set(key, { assignment, begun });
    };
    for (const begun of attempts) add(begun);
    for (const [checkId, { pausing }] of this.#accounts) {
      if (pausing !== null) add({ ...pausing, checkId, attempt: pausing.attempt + 1, startedAtMs: nowMs });
    }
    const runs = [...lost.values()].sort((a, b) => a.begun.dueAtMs - b.begun.dueAtMs);
    for (const { begun } of runs) this.answered(begun.checkId, begun.dueAtMs);
    return runs;
  }

  /** The slots due until `throughMs`, at most an hour back, of which nothing was heard. From now on they count as answered. */
  takeUnanswered(throughMs: number): readonly UnansweredSlot[] {
    const unanswered: UnansweredSlot[] = [];
    for (const [checkId, account] of this.#accounts) {
      const { accountId } = account.assignment;
      for (const dueAtMs of [...account.owed.keys(), ...openSlots(account, throughMs)]) unanswered.push({ checkId, accountId, dueAtMs });
      account.owed.clear();
      settleThrough(account, throughMs);
      this.#forgetIfOver(checkId, account);
    }
    return unanswered.sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  /** Under what the slot is to be run; null: it is not owed, or answered. */
  #assignmentOfOpen(checkId: string, dueAtMs: number): Assignment | null {
    const account = this.#accounts.get(checkId);
    if (account === undefined) return null;
    const isOpen = dueAtMs >= account.answeredBeforeMs && !account.answered.has(dueAtMs) && owes(account.turns, dueAtMs);
    return account.owed.get(dueAtMs) ?? (isOpen ? account.assignment : null);
  }

  /** What the turns so far owe until now stays owed, whatever comes after them. */
  #retire(account: Account, nowMs: number): void {
    for (const slot of openSlots(account, Math.floor(nowMs))) account.owed.set(slot, account.assignment);
    while (account.owed.size > ANSWERED_MAX) account.owed.delete(account.owed.keys().next().value!);
    settleThrough(account, Math.floor(nowMs));
  }

  #forgetIfOver(checkId: string, { turns, owed }: Account): void {
    if (turns.length === 0 && owed.size === 0) this.#accounts.delete(checkId);
  }
}

type Account = {
  assignment: Assignment;
  /** The assignment's, or none: it was taken away. */
  turns: readonly Turns[];
  answeredBeforeMs: number;
  /** Answers from the border on, of slots whose turn in the order has not come. */
  readonly answered: Set<number>;
  /** Open slots of turns that were replaced, with what had them. */
  readonly owed: Map<number, Assignment>;
  /** The run that goes on, and the last attempt that was heard of. */
  pausing: Pick<BegunAttempt, 'revision' | 'dueAtMs' | 'attempt' | 'latenessUs'> | null;
};

function openSlots({ turns, answeredBeforeMs, answered }: Account, throughMs: number): readonly number[] {
  const fromMs = Math.max(answeredBeforeMs, throughMs - LISTED_MS);
  return dueBetween(turns, fromMs, throughMs + 1).filter((slot) => !answered.has(slot));
}

function settleThrough(account: Account, throughMs: number): void {
  account.answeredBeforeMs = Math.max(account.answeredBeforeMs, throughMs + 1);
  for (const slot of account.answered) if (slot < account.answeredBeforeMs) account.answered.delete(slot);
}

/** A little less than what the timetable looks back for a check it has just learnt of: what it never answers is not owed. */
const LOOK_BACK_MS = 55_000;
/** As the timetable: 360 slots a check at most. */
const LISTED_MS = 3_600_000;
/** An hour of the shortest interval, and then some. */
const ANSWERED_MAX = 400;
