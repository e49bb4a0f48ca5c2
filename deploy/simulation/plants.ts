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
} as const;
export type PlantName = keyof typeof PLANTS;

export function isPlant(name: string): name is PlantName {
  return Object.hasOwn(PLANTS, name);
}

/** Hours of a seed in which it is looked for: as short as it still shows. */
export function huntHoursOf(plant: PlantName): number {
  return LONGER_HUNTS[plant] ?? 0.25;
}

const LONGER_HUNTS: Partial<Record<PlantName, number>> = {};

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
    ...(plants.has('lease-by-local-clock') ? { leaseByCallersClock: true } : {}),
  };
}
