import type { FaultName } from './faults.ts';
import type { StoreMistakes } from './model/store-model.ts';

/** Bugs that may be planted, and how: each is a switch in the wiring or in a model, never in what is shipped. */
export const PLANTS = {
  'ack-before-commit': 'the coordinator acknowledges rows before Postgres has committed them',
  'spool-deleted-before-ack': 'the agent forgets a batch as soon as it was sent',
  'no-gap-for-the-lost': 'nobody writes the gap of a slot whose agent was lost',
  'late-result-keeps-its-gap': 'a late result does not take the place of its gap',
  'gap-beside-a-result': 'a gap is written whatever is stored of its run',
  'key-without-attempt': 'the key of a result leaves out the attempt',
  'key-with-agent': 'the key of a result has the agent in it',
  'epoch-applied-retroactively': 'an edit governs slots that were due before it',
  'availability-rewritten-backwards': 'a coming or going is dated back to when it was seen first',
  'roster-applied-at-once': 'a new roster is in force before anybody heard of it',
  'hand-over-without-last-slot': 'an agent that leaves does not run on until its work has been given away',
  'agent-trusts-its-wall-clock': 'the agent ignores what heartbeats tell of its clock',
  'agent-keeps-what-was-taken-away': 'the agent runs on with checks that were removed from it',
  'no-fencing-of-generations': 'an older session of an agent still counts, and is not cut off',
  'no-fencing-of-leases': 'what a holder writes is taken though its lease has passed on',
  'lease-by-local-clock': 'a lease ends by the clock of whoever asks for it',
  'alert-outside-the-transaction': 'alerts and notices are there before the state that they tell of is committed',
  'judging-by-arrival': 'a row that comes late is not judged at its place',
  'two-judges-no-lock': 'two coordinators may judge the same check at the same time',
  'confirmations-unread': 'the judge does not see what another location said of a failure',
  'windows-unread': 'the judge does not know of maintenance windows',
  'pauses-unread': 'slots in a pausing window are judged like any other',
  'dependencies-unread': 'the judge does not know how those stand that a check depends on',
  'groups-unread': 'the judge does not know the settings of groups',
  'impaired-unread': 'what an agent saw that was cut off itself is taken for a verdict',
  'outages-unread': 'the judge does not know of dark locations that were told of',
  'words-unread': 'the judge does not know what people said of an alert',
  'nothing-by-time': 'a check is looked at when something comes, and not when its time has come',
} as const;
export type PlantName = keyof typeof PLANTS;

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name);
}

export type Hunt =
  | { readonly form: 'fleet'; readonly hours: number; readonly faults?: readonly FaultName[] }
  /** What is wrong with judging alone needs no fleet. */
  | { readonly form: 'histories' };

/** In what it is looked for: seeds as short as it still shows, and only with faults that let it. */
export function huntOf(plant: PlantName): Hunt {
  if (OF_JUDGING.has(plant)) return { form: 'histories' };
  return { form: 'fleet', ...HUNTS[plant] ?? { hours: 0.25 } };
}

const OF_JUDGING: ReadonlySet<PlantName> = new Set([
  'alert-outside-the-transaction', 'judging-by-arrival', 'two-judges-no-lock', 'confirmations-unread', 'windows-unread', 'pauses-unread', 'dependencies-unread',
  'groups-unread', 'impaired-unread', 'outages-unread', 'words-unread', 'nothing-by-time',
]);

const HUNTS: Partial<Record<PlantName, { readonly hours: number; readonly faults?: readonly FaultName[] }>> = {
  'hand-over-without-last-slot': { hours: 0.3, faults: ['agents leaving'] },
  'no-fencing-of-generations': { hours: 0.3, faults: ['mute partitions', 'connections broken'] },
  'no-fencing-of-leases': { hours: 0.4, faults: ['keepers stopped', 'agents killed'] },
};

/** What of them is a mistake of the store. */
export function mistakesOf(plants: ReadonlySet<PlantName>): StoreMistakes {
  return {
    ...(plants.has('late-result-keeps-its-gap') ? { keepsReplacedGaps: true } : {}),
    ...(plants.has('gap-beside-a-result') ? { ignoresResults: true } : {}),
    ...(plants.has('key-without-attempt') ? { keyOf: ({ result }) => result.runId } : {}),
    ...(plants.has('key-with-agent') ? { keyOf: ({ result, agentId }) => `${result.runId}/${result.attempt}/${agentId}` } : {}),
    ...(plants.has('epoch-applied-retroactively') ? { epochShiftMs: -15_000 } : {}),
    ...(plants.has('availability-rewritten-backwards') ? { availabilityShiftMs: -12_000 } : {}),
    ...(plants.has('roster-applied-at-once') ? { rosterShiftMs: -2_000 } : {}),
    ...(plants.has('no-fencing-of-generations') ? { ignoresGenerations: true } : {}),
    ...(plants.has('no-fencing-of-leases') ? { ignoresFences: true } : {}),
    ...(plants.has('alert-outside-the-transaction') ? { writesOutsideTheTransaction: true } : {}),
    ...(plants.has('judging-by-arrival') ? { forgetsWhereRowsBelong: true } : {}),
    ...(plants.has('two-judges-no-lock') ? { locksNothing: true } : {}),
    ...unreadOf(plants),
    ...(plants.has('nothing-by-time') ? { forgetsTime: true } : {}),
    ...(plants.has('lease-by-local-clock') ? { leaseByCallersClock: true } : {}),
  };
}

const UNREAD = ['confirmations', 'windows', 'dependencies', 'groups', 'impaired', 'outages', 'words'] as const;

function unreadOf(plants: ReadonlySet<PlantName>): Pick<StoreMistakes, 'unread'> {
  const unread = UNREAD.find((what) => plants.has(`${what}-unread`));
  return unread ? { unread } : {};
}
