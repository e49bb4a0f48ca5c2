import type { Location } from '#shared/check/location.ts';
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { decideNotices, earliest, type NoticeDraft, type Situation } from '../alerting/decide-notices.ts';
import { effectiveAlertSettings } from '../alerting/effective-settings.ts';
import { rememberEpisodes, withDigest } from '../alerting/episodes.ts';
import { isInMaintenance, nextMaintenanceChange } from '../alerting/maintenance.ts';
import { writeNotice } from '../alerting/write-notice.ts';
import { isPausedAt, pauseEndAfter, pauseEnds } from '../planning/pauses.ts';
import { retryElsewhereOf } from '../planning/retries-elsewhere.ts';
import { NEW_STATE, statusOf, type CheckState } from '../verdict/check-state.ts';
import { checkpointsBefore, withCheckpoints } from '../verdict/checkpoints.ts';
import { foldSlots, type Confirmation, type Folded } from '../verdict/fold-slots.ts';
import { nextSlotOf, nextSlotRun, owedSlotsOf, startsOf } from '../verdict/owed-slots-of.ts';
import { policyOf, STRAGGLER_MS, type Policy } from '../verdict/policy.ts';
import type { SlotRun } from '../verdict/slot.ts';
import { nextAvailable, shotIdOf, type JudgeOrder } from './judge-order.ts';
import { looksAfterPauses } from './look-after-pause.ts';
import { nextRetry } from './next-retry.ts';
import { slotsWith } from './slot-runs.ts';
import type { AccountContext, AlertChange, DependencyState, JudgedCheck, KeptConfirmation, KeptRetry, KeptState, StoredRow, StoredRows } from './judging-port.ts';
import type { PlannedCheck } from './ports.ts';

/** The world of one look: everything besides the check's own state and rows. */
export type JudgingWorld = {
  readonly nowMs: number;
  readonly availability: AvailabilityIndex;
  readonly location: (id: string) => Location | undefined;
  readonly context: AccountContext;
  readonly dependencies: ReadonlyMap<string, DependencyState>;
  readonly check: (id: string) => PlannedCheck | undefined;
  /** The last outage of a location that the account was told of; `endedMs` null: it goes on. */
  readonly toldOutage: (locationId: string) => { readonly endedMs: number | null } | null;
  readonly newId: () => string;
};

export type Judged = {
  readonly judged: JudgedCheck;
  readonly orders: readonly JudgeOrder[];
  /** Another status than at the look before. */
  readonly isStatusNew: boolean;
};

/** Without anything kept, the fold begins at most so far back. */
const HISTORY_MAX_MS = 24 * 3_600_000;
/** Answers of other locations that a late row may need again. */
const CONFIRMATIONS_MAX = 32;
/** Runs under way elsewhere at a time; those before are over. */
const RETRIES_MAX = 64;

/** Where the fold begins: at the base, or before the oldest slot of which a row came late. */
export function startOf(kept: KeptState, nowMs: number): CheckState {
  const { base, firstDueMs } = kept;
  const isLate = firstDueMs !== null && firstDueMs <= base.throughMs;
  const from = isLate ? checkpointsBefore(kept.checkpoints, firstDueMs).at(-1)?.state ?? NEW_STATE : base;
  return from.throughMs < 0 ? { ...from, throughMs: Math.floor(nowMs) - HISTORY_MAX_MS } : from;
}

/** One look at a check: judges what can be judged, and decides what is to be told. Pure. */
export function judgeCheck(kept: KeptState, planned: PlannedCheck, stored: StoredRows, world: JudgingWorld): Judged {
  const { nowMs, context } = world;
  const group = planned.check.groupId === null ? null : context.groups.get(planned.check.groupId) ?? null;
  const policy = policyOf(planned.check, effectiveAlertSettings(context.alertSettings, group, planned.check).settings);
  const from = startOf(kept, nowMs);
  const folding = foldWithConfirmations(kept, planned, stored, policy, from, world);
  const { folded, confirmations } = folding;
  const isBehind = stored.isCut && folded.head.throughMs < kept.head.throughMs;
  // Begun anew and not yet back where it was: nothing is said about the check in between.
  const head = isBehind ? kept.head : folded.head;
  const isRefold = from.throughMs < kept.base.throughMs;
  const isOnlyHistory = head.throughMs <= kept.head.throughMs && (isRefold || kept.isHistoryPending);
  const seen = rememberEpisodes(kept.told, [...folded.passed, folded.head], policy);
  const voice = voiceOf(planned, head, context, nowMs);
  const situation: Situation = {
    state: head, policy, told: voice === 'heard' ? withDigest(seen.told, seen.unheardOf, nowMs) : seen.told, nowMs, isOnlyHistory, voice,
    isAcknowledged: kept.acknowledgedAtMs !== null, snoozedUntilMs: kept.snoozedUntilMs, resolved: kept.resolved,
    dependency: dependencyOf(planned, head, world), newId: world.newId,
    isUnseenExplained: planned.epochs.at(-1)?.order.every((id) => explainsUnseen(world.toldOutage(id), head)) ?? false,
  };
  const decision = isBehind ? { told: kept.told, notices: [], lookAgainMs: null } : decideNotices(situation);
  const status = statusOf(head);
  const countBefore = isRefold ? checkpointsBefore(kept.checkpoints, kept.firstDueMs ?? 0).at(-1)?.count ?? 0 : kept.slotsFolded;
  const checkpointsFrom = isRefold ? checkpointsBefore(kept.checkpoints, kept.firstDueMs ?? 0) : kept.checkpoints;
  const checkpoints = withCheckpoints(checkpointsFrom, folded.passed, countBefore);
  return {
    orders: folding.orders, isStatusNew: status.status !== statusOf(kept.head).status,
    judged: {
      accountId: kept.accountId, checkId: kept.checkId, status: status.status, sinceMs: status.sinceMs,
      base: folded.base, head, slotsFolded: countBefore + folded.passed.length,
      checkpoints: checkpoints === kept.checkpoints ? null : checkpoints,
      told: decision.told, confirmations, retries: folding.retries, isHistoryPending: isOnlyHistory,
      nextLookMs: stored.isCut ? nowMs : nextLookOf(planned, policy, folded, decision.lookAgainMs, world),
      alerts: decision.notices.flatMap((notice) => alertChangesOf(notice, kept, head, nowMs)),
      notices: decision.notices.map((draft) => writeNotice(draft, {
        id: world.newId(), accountId: kept.accountId, checkId: kept.checkId, revision: planned.revision, check: planned.check,
        groupName: group?.name ?? null, state: head, previous: kept.head, policy, nowMs, location: world.location,
      })),
    },
  };
}

/** While the location is dark, and until a slot due after its return had its chance to be seen. */
function explainsUnseen(outage: ReturnType<JudgingWorld['toldOutage']>, { throughMs }: CheckState): boolean {
  return outage !== null && (outage.endedMs === null || throughMs <= outage.endedMs);
}

type Folding = { readonly folded: Folded; readonly confirmations: readonly KeptConfirmation[]; readonly retries: readonly KeptRetry[]; readonly orders: readonly JudgeOrder[] };

function foldWithConfirmations(
  kept: KeptState, planned: PlannedCheck, stored: StoredRows, policy: Policy, from: CheckState, world: JudgingWorld,
): Folding {
  const { nowMs, availability } = world;
  const order = planned.epochs.at(-1)?.order ?? [];
  const throughMs = stored.isCut ? Math.min(nowMs, (stored.rows.at(-1)?.dueAtMs ?? nowMs) - 1) : nowMs;
  const retrying = retriesOf(kept, planned, policy, world);
  const looks = looksAfterPauses({ kept, planned, rows: stored.rows, policy, fromMs: from.throughMs, throughMs, nowMs, availability });
  const scheduled = [...slotsWith(stored.rows, owedSlotsOf(planned, availability, from.throughMs, throughMs), retrying.look)]
    .filter(({ dueAtMs }) => !isPausedAt(planned.windows ?? [], planned.check.tags, dueAtMs));
  const slots = looks.slots.length === 0 ? scheduled : [...scheduled, ...looks.slots].sort((a, b) => a.dueAtMs - b.dueAtMs);
  const retries = retrying.asked.length + looks.asked.length === 0 ? kept.retries : [...kept.retries, ...retrying.asked, ...looks.asked].slice(-RETRIES_MAX);
  const orders = [...retrying.orders, ...looks.orders];
  let confirmations = kept.confirmations.map((confirmation) => answered(confirmation, stored.rows, nowMs));
  for (;;) {
    const answers = new Map(confirmations.map((confirmation) => [confirmation.dueAtMs, answerOf(confirmation)]));
    const folded = foldSlots({ from, slots, policy, chosen: new Set(order), confirmations: answers, judgedThroughMs: kept.head.throughMs, nowMs, startsMs: startsOf(planned.epochs) });
    const wanted = folded.wantsConfirmation;
    if (!wanted) return { folded, confirmations, retries, orders };
    const locationId = nextAvailable(order, wanted.run.executedIn, (id) => availability.isAvailable(id, nowMs));
    const runId = shotIdOf(wanted.run.runId, 'confirm');
    const untilMs = Math.ceil(nowMs) + policy.attemptMs + STRAGGLER_MS;
    const asked: KeptConfirmation = { dueAtMs: wanted.dueAtMs, runId, untilMs, answer: locationId === null ? 'confirmed' : 'waiting' };
    confirmations = [...confirmations, asked].slice(-CONFIRMATIONS_MAX);
    // With nobody to ask, what was seen stands.
    if (locationId !== null) return { folded: { ...folded, openUntilMs: untilMs }, confirmations, retries, orders: [...orders, { check: planned, locationId, runId, atMs: null, retryOf: null }] };
  }
}

function answered(confirmation: KeptConfirmation, rows: readonly StoredRow[], nowMs: number): KeptConfirmation {
  if (confirmation.answer !== 'waiting') return confirmation;
  const row = rows.find((candidate) => candidate.kind === 'result' && candidate.trigger === 'confirm' && candidate.facts.runId === confirmation.runId);
  const outcome = row?.kind === 'result' ? row.facts.outcome : null;
  if (outcome === 'passed' || outcome === 'degraded') return { ...confirmation, answer: 'refuted' };
  return outcome !== null || nowMs >= confirmation.untilMs ? { ...confirmation, answer: 'confirmed' } : confirmation;
}

function answerOf({ answer, untilMs }: KeptConfirmation): Confirmation {
  return answer === 'waiting' ? { kind: 'waiting', untilMs } : { kind: answer };
}

/** What becomes of runs that failed and may be tried again elsewhere; remembers what it orders. */
function retriesOf(kept: KeptState, planned: PlannedCheck, policy: Policy, { nowMs, availability }: JudgingWorld) {
  const strategy = retryElsewhereOf(planned.check);
  const order = planned.epochs.at(-1)?.order ?? [];
  const orders: JudgeOrder[] = [];
  const asked: KeptRetry[] = [];
  const look = (dueAtMs: number, run: SlotRun): SlotRun => {
    // What was judged once stays the way it ended.
    if (run.kind !== 'final' || strategy === null || dueAtMs <= kept.head.throughMs) return run;
    const { facts, locationId } = run;
    const attempt = facts.attempts + 1;
    const underWay = kept.retries.find((retry) => retry.runId === facts.runId && retry.attempt === attempt);
    if (underWay) return nowMs < underWay.untilMs ? { kind: 'retrying', locationId, untilMs: underWay.untilMs } : run;
    const next = nextRetry({ strategy, slot: { dueAtMs }, run, attemptMs: policy.attemptMs, nextDueMs: nextSlotOf(planned, dueAtMs), nowMs });
    if (next === null) return run;
    if (nowMs < next.atMs) return { kind: 'retrying', locationId, untilMs: next.atMs };
    const executedIn = nextAvailable(order, facts.executedIn, (id) => availability.isAvailable(id, nowMs));
    if (executedIn === null) return run;
    const untilMs = Math.ceil(nowMs) + policy.attemptMs + STRAGGLER_MS;
    asked.push({ runId: facts.runId, attempt, untilMs });
    // The last one so far: what another would add replaces it.
    orders.push({ check: planned, locationId: executedIn, runId: shotIdOf(facts.runId, `retry ${attempt}`), atMs: null, retryOf: { runId: facts.runId, dueAtMs, locationOwed: locationId, attempt, isLast: true } });
    return { kind: 'retrying', locationId, untilMs };
  };
  return { look, orders, asked };
}

/** After a pause nothing is told before something was seen again: what was known from before it is too old for that. */
function voiceOf(planned: PlannedCheck, { throughMs }: CheckState, context: AccountContext, nowMs: number): Situation['voice'] {
  if (planned.isDeleted) return 'deleted';
  if (!planned.check.activated) return 'deactivated';
  if (planned.check.muted) return 'muted';
  const { windows = [], check: { tags } } = planned;
  const isInPause = windows.length > 0 && (isPausedAt(windows, tags, nowMs) || pauseEnds(windows, tags, throughMs, nowMs).length > 0);
  return isInPause || isInMaintenance(context.windows, tags, nowMs).isSilenced ? 'silenced' : 'heard';
}

/** Time for what this one depends on to be seen failing, too: its next slot and the way here; no alert waits longer. */
const DEPENDENCY_WAIT_MAX_MS = 90_000;

function dependencyOf(planned: PlannedCheck, state: CheckState, { dependencies, check, nowMs }: JudgingWorld): Situation['dependency'] {
  const known = planned.check.dependsOn.flatMap((id) => {
    const other = check(id);
    const standing = dependencies.get(id);
    return other && standing && !other.isDeleted && other.check.activated ? [{ other, standing }] : [];
  });
  if (known.some(({ standing }) => standing.status === 'failing')) return 'failing';
  const isUnknown = known.some(({ other, standing }) => {
    const intervalMs = other.epochs.at(-1)?.intervalMs ?? 0;
    const waitMs = Math.min(intervalMs + other.check.maxResponseTime + STRAGGLER_MS, DEPENDENCY_WAIT_MAX_MS);
    return (standing.lastVerdictMs ?? 0) < state.sinceMs && nowMs < state.sinceMs + waitMs;
  });
  return isUnknown ? 'unknown' : 'clear';
}

function nextLookOf(planned: PlannedCheck, policy: Policy, folded: Folded, lookAgainMs: number | null, { context, nowMs }: JudgingWorld): number | null {
  const isLive = !planned.isDeleted && planned.check.activated;
  const nextDueMs = folded.openUntilMs === null ? nextSlotRun(planned, folded.head.throughMs) : null;
  const silentMs = nextDueMs === null ? null : nextDueMs + policy.attemptMs + STRAGGLER_MS;
  const maintenanceMs = isLive ? nextMaintenanceChange(context.windows, planned.check.tags, nowMs) : null;
  const pauseEndMs = isLive && planned.windows ? pauseEndAfter(planned.windows, planned.check.tags, nowMs) : null;
  const nextMs = earliest(folded.openUntilMs, silentMs, lookAgainMs, maintenanceMs, pauseEndMs);
  // Whatever is due by now was looked at just now.
  return nextMs === null ? null : Math.max(nextMs, nowMs + LOOK_GAP_MS);
}

const LOOK_GAP_MS = 250;

function alertChangesOf(draft: NoticeDraft, kept: KeptState, head: CheckState, nowMs: number): readonly AlertChange[] {
  const { alertId: id, kind } = draft;
  if (id === null || draft.isReminder) return [];
  switch (kind) {
    case 'failure': case 'degraded':
      return kept.told.alertId === id ? [{ kind: 'change', id, alertKind: kind }] : [{ kind: 'open', id, alertKind: kind, sinceMs: head.sinceMs, atMs: nowMs }];
    case 'no_data': return [{ kind: 'open', id, alertKind: 'no_data', sinceMs: statusOf(head).sinceMs, atMs: nowMs }];
    case 'recovery': case 'data_again': return [{ kind: 'close', id, ending: draft.ending ?? 'recovered', atMs: nowMs }];
    case 'egress_denied': case 'digest': return [];
  }
}
