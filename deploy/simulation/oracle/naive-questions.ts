import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { AccountContext } from '#coordinator/pipeline/judging-port.ts';
import type { StoreModel } from '../model/store-model.ts';
import type { Book } from './naive-book.ts';
import type { Question } from './naive-history.ts';
import type { SeenRun } from './naive-slot.ts';
import { lookRunId, viewLook } from './naive-looks.ts';
import { isRetriedElsewhere, retryDueMs } from './naive-retries.ts';
import type { Scene } from './naive-scene.ts';
import type { NaiveSchedule } from './naive-schedule.ts';
import { naiveSettings } from './naive-settings.ts';
import { noDataSince, type NaiveState } from './naive-standing.ts';
import { naivelyPaused, naivelySilenced, naivePauseEnds } from './naive-windows.ts';

/** Time for what a check depends on to be seen failing, too: its next slot and the way here; no alert waits longer. */
const DEPENDENCY_WAIT_MAX_MS = 90_000;
const ON_ITS_WAY_MS = 10_000;

/** What of the tables matters when a check is judged: config, what people said, and what the judge has asked for. */
export class NaiveQuestions {
  readonly #model: StoreModel;
  readonly #schedule: NaiveSchedule;
  readonly #settings = new Map<string, { readonly check: Check; readonly context: AccountContext; readonly settings: AlertSettings }>();

  constructor(model: StoreModel, schedule: NaiveSchedule) {
    this.#model = model;
    this.#schedule = schedule;
  }

  /** The same object as long as nothing of it changes. */
  settingsOf(checkId: string): AlertSettings {
    const { accountId, check } = this.#model.checks.get(checkId)!;
    const context = this.#model.judging.surroundings.contextOf(accountId);
    const known = this.#settings.get(checkId);
    if (known?.check === check && known.context === context) return known.settings;
    const settings = naiveSettings(context, check);
    this.#settings.set(checkId, { check, context, settings });
    return settings;
  }

  chosenOf(checkId: string): readonly string[] {
    return this.#model.checks.get(checkId)!.epochs.at(-1)!.order;
  }

  /** A start that lies ahead was announced just now, perhaps after the config was read. */
  isStarting(checkId: string, nowMs: number): boolean {
    return (this.#schedule.startsOf(checkId).at(-1) ?? 0) > nowMs;
  }

  /** What is asked of the check's history at this instant. */
  about(book: Book, nowMs: number): Question {
    const { checkId, history, throughMs: judgedThroughMs } = book;
    const { check, windows = [] } = this.#model.checks.get(checkId)!;
    const settings = this.settingsOf(checkId);
    const isImpaired = ({ agentId, locationExecuted, dueAtMs }: SeenRun): boolean => this.#isImpaired(locationExecuted, agentId, dueAtMs);
    return {
      check, settings, judgedThroughMs, isImpaired,
      isPaused: (dueAtMs) => naivelyPaused(windows, check.tags, dueAtMs),
      pauseEnds: (afterMs, untilMs) => naivePauseEnds(windows, check.tags, afterMs, untilMs),
      viewLook: (slot, atMs) => viewLook(slot, {
        check, settings, isImpaired, checkId, judgedThroughMs, nextDueMs: this.#nextRunMs(checkId, slot.dueAtMs),
        rowOf: (runId) => history.confirmations.get(runId), askedUntilMs: (runId, attempt) => book.retried.get(`${runId}/${attempt}`),
      }, atMs),
      startsMs: this.#schedule.startsOf(checkId), waitsForLate: true,
      answerAbout: (dueAtMs) => book.asked.get(dueAtMs)?.answer,
      retriesUntilMs: (run) => this.#retriesUntilMs(book, check, run, nowMs),
    };
  }

  /** The next slot that no window pauses. */
  #nextRunMs(checkId: string, afterMs: number): number | null {
    const { check, windows = [] } = this.#model.checks.get(checkId)!;
    let dueAtMs = this.#schedule.nextDueMs(checkId, afterMs);
    while (dueAtMs !== null && naivelyPaused(windows, check.tags, dueAtMs)) dueAtMs = this.#schedule.nextDueMs(checkId, dueAtMs);
    return dueAtMs;
  }

  /** Of pauses after the last slot that was judged. */
  pauseEndsOf({ checkId, throughMs }: Book, nowMs: number): readonly number[] {
    const { check, windows = [] } = this.#model.checks.get(checkId)!;
    return windows.length === 0 ? [] : naivePauseEnds(windows, check.tags, throughMs, nowMs);
  }

  /** A pause has ended since, no slot is near, and somebody could look: has nobody been asked? rules.md 23. */
  isLookMissing(book: Book, endMs: number, nowMs: number): boolean {
    const { checkId } = book;
    const nextMs = this.#nextRunMs(checkId, endMs - 1);
    const where = this.#schedule.activeOrderAt(checkId, endMs).filter((id) => this.#schedule.isAvailable(id, nowMs));
    const slot = { dueAtMs: endMs, owners: where, isParallel: true, isLook: true };
    return where.length > 0 && (nextMs === null || nextMs > nowMs + ON_ITS_WAY_MS) && this.about(book, nowMs).viewLook(slot, nowMs) === null && !this.#wasAsked(book, slot);
  }

  #wasAsked({ checkId, retried }: Book, { owners, dueAtMs }: { readonly owners: readonly string[]; readonly dueAtMs: number }): boolean {
    return owners.some((owner) => retried.has(`${lookRunId(checkId, owner, dueAtMs, 1)}/1`));
  }

  #isImpaired(locationId: string, agentId: string, dueAtMs: number): boolean {
    for (const span of this.#model.judging.surroundings.impaired) {
      if (span.isWithdrawn || span.locationId !== locationId || span.agentId !== agentId || dueAtMs < span.fromMs) continue;
      if (span.toMs === null || dueAtMs <= span.toMs) return true;
    }
    return false;
  }

  #retriesUntilMs(book: Book, check: Check, run: SeenRun, nowMs: number): number | null {
    const { dueAtMs, locationExecuted, agentId, runId, attempt } = run;
    if (!isRetriedElsewhere(check) || dueAtMs <= book.throughMs) return null;
    const underWayMs = book.retried.get(`${runId}/${attempt + 1}`);
    if (underWayMs !== undefined) return underWayMs;
    if (this.#isImpaired(locationExecuted, agentId, dueAtMs)) return null;
    const atMs = retryDueMs({ check, run, dueAtMs, nextDueMs: this.#schedule.nextDueMs(book.checkId, dueAtMs), nowMs });
    // Due by now, and not ordered: nobody else can run it.
    return atMs === null || nowMs >= atMs ? null : atMs;
  }

  /** Deleting, deactivating and muting end what was told; windows hold it back (rules.md 23). */
  voiceOf(checkId: string, { throughMs }: NaiveState, nowMs: number): Scene['voice'] {
    const { check, isDeleted, accountId, windows = [] } = this.#model.checks.get(checkId)!;
    if (isDeleted) return 'deleted';
    if (!check.activated) return 'deactivated';
    if (check.muted) return 'muted';
    // What was known before a pause is too old to be told after it.
    if (naivelyPaused(windows, check.tags, nowMs) || naivePauseEnds(windows, check.tags, throughMs, nowMs).length > 0) return 'silenced';
    return naivelySilenced(this.#model.judging.surroundings.contextOf(accountId).windows, check.tags, nowMs) ? 'silenced' : 'heard';
  }

  /** Every location it runs in is dark and was told to be, or was until after the last slot. */
  isUnseenExplained(checkId: string, { throughMs }: NaiveState): boolean {
    const { accountId } = this.#model.checks.get(checkId)!;
    const { outages } = this.#model.judging.surroundings;
    return this.chosenOf(checkId).every((locationId) => {
      const endedMs = outages.get(`${accountId} ${locationId}`);
      return endedMs !== undefined && (endedMs === null || throughMs <= endedMs);
    });
  }

  /** Those that run. */
  dependenciesOf(checkId: string): readonly string[] {
    const { check } = this.#model.checks.get(checkId)!;
    return check.dependsOn.filter((id) => {
      const other = this.#model.checks.get(id);
      return other !== undefined && !other.isDeleted && other.check.activated;
    });
  }

  /** Does one of them fail, or has it not been seen yet since this one is in trouble? */
  dependencyOf(others: readonly string[], { sinceMs }: NaiveState, nowMs: number): 'clear' | 'failing' | 'unknown' {
    const heads = others.flatMap((id) => {
      const head = this.#model.judging.states.get(id)?.head;
      return head ? [{ other: this.#model.checks.get(id)!, head }] : [];
    });
    if (heads.some(({ head }) => noDataSince(head) === null && head.standing === 'failing')) return 'failing';
    const isUnknown = heads.some(({ other, head }) => {
      const waitsMs = Math.min(DEPENDENCY_WAIT_MAX_MS, other.epochs.at(-1)!.intervalMs + other.check.maxResponseTime + ON_ITS_WAY_MS);
      return (head.lastVerdictMs ?? 0) < sinceMs && nowMs < sinceMs + waitsMs;
    });
    return isUnknown ? 'unknown' : 'clear';
  }
}
