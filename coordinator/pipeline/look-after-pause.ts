/**
 * When a window that paused a check ends, nobody knows how its target is: the judge looks afresh, by a run ordered at
 * once (rules.md 23), instead of by the next slot, which may be a day away.
 *
 * What comes of it is judged as a slot due at the end of the pause, in its place among the others: in parallel every
 * location that has an agent, in round-robin the one whose turn is next. Whether there was such a slot follows from the
 * rows alone, so that it does not matter what comes when; before a row comes, from what was ordered. A run that fails
 * is tried again as the check's strategy says, in its location. None is ordered where a slot is due within seconds
 * anyway. Completeness, availability and usage know nothing of it, as of every run that the judge asks for.
 */
import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import type { ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { retryStrategyOf } from '#shared/retry/backoff.ts';
import { pauseEnds } from '../planning/pauses.ts';
import { nextSlotRun, owedSlotsOf } from '../verdict/owed-slots-of.ts';
import { STRAGGLER_MS, type Policy } from '../verdict/policy.ts';
import type { Slot, SlotRun } from '../verdict/slot.ts';
import { nextAvailable, shotIdOf, type JudgeOrder } from './judge-order.ts';
import type { KeptRetry, KeptState, StoredRow } from './judging-port.ts';
import { nextRetry } from './next-retry.ts';
import type { PlannedCheck } from './ports.ts';

/** A slot due within this is as good as a look. */
const SLOT_IS_NEAR_MS = STRAGGLER_MS;
/** More locations than these are not asked at once. */
const LOCATIONS_MAX = 32;

export type LooksAfterPauses = {
  /** In order of `dueAtMs`. */
  readonly slots: readonly Slot[];
  readonly orders: readonly JudgeOrder[];
  /** What was ordered now, to be kept. */
  readonly asked: readonly KeptRetry[];
};

export type PauseFacts = {
  readonly kept: KeptState;
  readonly planned: PlannedCheck;
  readonly rows: readonly StoredRow[];
  readonly policy: Policy;
  /** Where the fold begins, and how far what is known goes: to now, unless there are more rows than one look takes. */
  readonly fromMs: number;
  readonly throughMs: number;
  readonly nowMs: number;
  readonly availability: AvailabilityIndex;
};

export function looksAfterPauses(facts: PauseFacts): LooksAfterPauses {
  const { planned: { windows = [], check, epochs }, fromMs, throughMs } = facts;
  const looks = (windows.length === 0 ? [] : pauseEnds(windows, check.tags, fromMs, throughMs)).flatMap((endMs) => {
    const epoch = epochs.findLast(({ fromAtMs }) => fromAtMs <= endMs);
    return epoch?.active ? [lookAt(endMs, epoch, facts)] : [];
  });
  return { slots: looks.flatMap(({ slots }) => slots), orders: looks.flatMap(({ orders }) => orders), asked: looks.flatMap(({ asked }) => asked) };
}

function lookAt(endMs: number, epoch: ScheduleEpoch, facts: PauseFacts): LooksAfterPauses {
  const orders: JudgeOrder[] = [];
  const asked: KeptRetry[] = [];
  const ask = (locationId: string, attempt: number): SlotRun => {
    const untilMs = Math.ceil(facts.nowMs) + facts.policy.attemptMs + STRAGGLER_MS;
    const runId = lookRunId(facts.planned.checkId, locationId, endMs, attempt);
    orders.push({ check: facts.planned, locationId, runId, atMs: endMs, retryOf: null });
    asked.push({ runId, attempt, untilMs });
    return { kind: 'retrying', locationId, untilMs };
  };
  const known = epoch.order.flatMap((locationId) => runIn(locationId, endMs, facts, ask) ?? []);
  const runs = known.length === 0 && isWanted(endMs, facts) ? whereTo(endMs, epoch, facts).map((locationId) => ask(locationId, 1)) : known;
  return { slots: runs.length === 0 ? [] : [{ dueAtMs: endMs, strategy: epoch.strategy, runs }], orders, asked };
}

/** What is known of the look from one location; null: nothing, and it is not on its way. */
function runIn(locationId: string, endMs: number, facts: PauseFacts, ask: (locationId: string, attempt: number) => SlotRun): SlotRun | null {
  const { kept, planned, rows, policy, nowMs } = facts;
  const strategy = retryStrategyOf(planned.check);
  let last: Extract<SlotRun, { kind: 'final' }> | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const runId = lookRunId(planned.checkId, locationId, endMs, attempt);
    const row = rows.find((candidate) => candidate.kind === 'result' && candidate.trigger === 'confirm' && candidate.facts.runId === runId);
    if (row?.kind === 'result') {
      last = { kind: 'final', locationId, facts: { ...row.facts, attempts: attempt }, isImpaired: row.isImpaired };
      continue;
    }
    const isJudged = endMs <= kept.head.throughMs;
    // Asked again when nobody answered: the last time counts.
    const underWay = kept.retries.findLast((retry) => retry.runId === runId);
    if (underWay) return !isJudged && nowMs < underWay.untilMs ? { kind: 'retrying', locationId, untilMs: underWay.untilMs } : last;
    const next = last === null || isJudged ? null
      : nextRetry({ strategy, slot: { dueAtMs: endMs }, run: last, attemptMs: policy.attemptMs, nextDueMs: nextSlotRun(planned, endMs), nowMs });
    if (next === null) return last;
    return nowMs < next.atMs ? { kind: 'retrying', locationId, untilMs: next.atMs } : ask(locationId, attempt);
  }
}

/** Nothing was judged since, and no slot will be soon. */
function isWanted(endMs: number, { kept, planned, throughMs, nowMs }: PauseFacts): boolean {
  const nextDueMs = nextSlotRun(planned, endMs - 1);
  return throughMs >= nowMs && kept.head.throughMs < endMs && (nextDueMs === null || nextDueMs > nowMs + SLOT_IS_NEAR_MS);
}

function whereTo(endMs: number, epoch: ScheduleEpoch, { planned, availability, nowMs }: PauseFacts): readonly string[] {
  const isAvailable = (id: string): boolean => availability.isAvailable(id, nowMs);
  if (epoch.strategy === 'parallel') return epoch.order.filter(isAvailable).slice(0, LOCATIONS_MAX);
  const next = owedSlotsOf(planned, availability, endMs - 1, endMs + epoch.intervalMs).next().value?.owners[0] ?? epoch.order[0]!;
  const where = isAvailable(next) ? next : nextAvailable(epoch.order, next, isAvailable);
  return where === null ? [] : [where];
}

/** The same look is the same run, whoever judges. */
function lookRunId(checkId: string, locationId: string, endMs: number, attempt: number): string {
  return shotIdOf(checkId, `look ${endMs} ${locationId} ${attempt}`);
}
