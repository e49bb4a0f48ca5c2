/**
 * What was due against what is stored, what agents say was acknowledged, and what the targets saw (reliability.md
 * I1–I3, I6). Pure: the facts are read elsewhere, past the product's own queries.
 */
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { cadenceOf, slotsBetween } from '#shared/schedule/cadence.ts';
import { ownersOf } from '#shared/schedule/turns.ts';
import type { StoredFacts, StoredRun } from '../e2e/testing/stored-facts.ts';
import { matchConnections } from './match-connections.ts';
import type { Connection } from './targets.ts';

export type LabFacts = {
  readonly stored: StoredFacts;
  /** Check ids by the number they send. */
  readonly checkIds: readonly string[];
  readonly connections: readonly Connection[];
  /** `runId attempt` of every result that an agent was told is committed. */
  readonly acknowledged: readonly string[];
  /** Slots due in [fromMs, toMs) are judged; all of them have closed. */
  readonly fromMs: number;
  readonly toMs: number;
  /** When the targets were really down. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
};

export type Reconciliation = {
  readonly due: number;
  readonly results: number;
  readonly gaps: Readonly<Record<string, number>>;
  readonly surplus: number;
  readonly acknowledged: number;
  /** Connections that no stored result explains: runs whose process was killed under way. Bounded by the kills, and shown. */
  readonly executionsWithoutResult: number;
  /** Results whose connection came before their start, by no more than their agent said that its clock may be wrong. */
  readonly begunEarly: { readonly results: number; readonly worstMs: number };
  /** Everything that must be empty. */
  readonly violations: {
    /** Due, closed, and neither result nor gap. */
    readonly unaccounted: readonly string[];
    /** Two final results, or a result and a gap. */
    readonly twice: readonly string[];
    /** A result or gap of a run that nobody owed. */
    readonly unowed: readonly string[];
    /** Acknowledged, and not stored. */
    readonly lost: readonly string[];
    /** Stored, and no connection at the target belongs to it. */
    readonly unreal: readonly string[];
    /** A verdict "failed" while the target was up. */
    readonly falselyDown: readonly string[];
  };
};

export function reconcile(facts: LabFacts): Reconciliation {
  const { stored, fromMs, toMs } = facts;
  const mine = new Set(facts.checkIds);
  const inWindow = ({ checkId, dueAtMs }: { readonly checkId: string; readonly dueAtMs: number }): boolean => mine.has(checkId) && dueAtMs >= fromMs && dueAtMs < toMs;
  const ofSchedule = stored.results.filter((run) => (run.trigger === 'schedule' || run.trigger === 'retry') && inWindow(run));
  const finals = Map.groupBy(ofSchedule.filter(({ isFinal, isSurplus }) => isFinal && !isSurplus), keyOf);
  const gaps = Map.groupBy(stored.gaps.filter(inWindow), keyOf);
  const due = dueSlots(facts);
  const { unreal, executionsWithoutResult, begunEarly } = match(stored.results.filter(({ checkId }) => mine.has(checkId)), facts);
  const storedAttempts = new Set(stored.results.map(({ runId, attempt }) => `${runId} ${attempt}`));
  return {
    due: due.size,
    results: [...finals.keys()].filter((key) => due.has(key)).length,
    gaps: countBy([...gaps.values()].flat(), ({ reason }) => reason),
    surplus: ofSchedule.filter(({ isSurplus }) => isSurplus).length,
    acknowledged: facts.acknowledged.length,
    executionsWithoutResult, begunEarly,
    violations: {
      unaccounted: [...due].filter((key) => !finals.has(key) && !gaps.has(key)),
      twice: [...due].filter((key) => (finals.get(key)?.length ?? 0) + (gaps.get(key)?.length ?? 0) > 1),
      unowed: [...finals.keys(), ...gaps.keys()].filter((key) => !due.has(key)),
      lost: [...new Set(facts.acknowledged)].filter((attempt) => !storedAttempts.has(attempt)),
      unreal,
      falselyDown: ofSchedule.filter((run) => run.outcome === 'failed' && !facts.outages.some((outage) => run.startedAtMs >= outage.fromMs - 1_000 && run.startedAtMs <= outage.toMs + 1_000)).map(keyOf),
    },
  };
}

export function violationsIn({ violations }: Reconciliation): number {
  return Object.values(violations).reduce((sum, list) => sum + list.length, 0);
}

function dueSlots({ stored, checkIds, fromMs, toMs }: LabFacts): ReadonlySet<string> {
  const availability = availabilityIndex(stored.availability);
  const due = new Set<string>();
  for (const checkId of checkIds) {
    const epochs = stored.epochs.get(checkId) ?? [];
    const candidates = new Set(epochs.flatMap((epoch, index) => slotsBetween(
      cadenceOf(checkId, epoch.intervalMs), Math.max(fromMs, epoch.fromAtMs), Math.min(toMs, epochs[index + 1]?.fromAtMs ?? toMs),
    )));
    for (const dueAtMs of candidates) for (const locationOwed of ownersOf(epochs, availability, checkId, dueAtMs)) due.add(keyOf({ checkId, dueAtMs, locationOwed }));
  }
  return due;
}

/** Check by check. */
function match(runs: readonly StoredRun[], { checkIds, connections }: LabFacts): Pick<Reconciliation, 'executionsWithoutResult' | 'begunEarly'> & { readonly unreal: readonly string[] } {
  const connectionsOf = Map.groupBy(connections, ({ check }) => checkIds[check] ?? '');
  const runsOf = Map.groupBy(runs, ({ checkId }) => checkId);
  const matches = checkIds.map((checkId) => matchConnections(runsOf.get(checkId) ?? [], (connectionsOf.get(checkId) ?? []).map(({ atMs }) => atMs)));
  const earlyByMs = matches.flatMap((each) => each.earlyByMs);
  return {
    unreal: matches.flatMap(({ unreal }) => unreal).map((run) => `${keyOf(run)} attempt ${run.attempt}`),
    executionsWithoutResult: matches.reduce((sum, { unexplained }) => sum + unexplained, 0),
    begunEarly: { results: earlyByMs.length, worstMs: Math.max(0, ...earlyByMs) },
  };
}

function countBy<T>(list: readonly T[], nameOf: (each: T) => string): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(list, nameOf)].map(([name, group]) => [name, group.length] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function keyOf({ checkId, dueAtMs, locationOwed }: Pick<StoredRun, 'checkId' | 'dueAtMs' | 'locationOwed'>): string {
  return `${checkId} ${new Date(dueAtMs).toISOString()} ${locationOwed}`;
}
