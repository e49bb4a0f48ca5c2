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
} as const;
export type PlantName = keyof typeof PLANTS;

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name);
}

export type Hunt = { readonly hours: number; readonly faults?: readonly FaultName[] };

/** In what it is looked for: seeds as short as it still shows, and only with faults that let it. */
export function huntOf(plant: PlantName): Hunt {
  return HUNTS[plant] ?? { hours: 0.25 };
}

const HUNTS: Partial<Record<PlantName, Hunt>> = {
  'hand-over-without-last-slot': { hours: 0.3, faults: ['agents leaving'] },
  'no-fencing-of-generations': { hours: 0.3, faults: ['mute partitions', 'connections broken'] },
  'no-fencing-of-leases': { hours: 0.4, faults: ['keepers stopped', 'agents killed'] },
  'alert-outside-the-transaction': { hours: 0.4, faults: ['judges killed', 'targets in trouble'] },
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
    ...(plants.has('lease-by-local-clock') ? { leaseByCallersClock: true } : {}),
  };
}
