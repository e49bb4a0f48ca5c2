import { describe, expect, test } from 'vitest';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { Sighting } from '../fleet/presence.ts';
import type { RosterEpoch } from '../fleet/roster.ts';
import { RosterKeeper, type RosterDeps } from './keep-roster.ts';
import { MemoryClosing } from './testing/memory-closing.ts';

const HERE = { id: 'ams', code: 'ams', name: 'Amsterdam', kind: 'public', accountId: null } as const;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const SECOND = 1_000;
/** rules.md 26. */
const TAKEOVER_MS = 10 * SECOND;

type Agent = { readonly id: string; readonly coordinator: string; diedAtMs: number | null };

/** A location with agents at several coordinators on one Postgres; every coordinator looks and tells once a second. */
class World {
  readonly clock = new FakeClock();
  readonly agents: Agent[];
  readonly rosters: RosterEpoch[] = [];
  readonly changes: AvailabilityChange[] = [];
  readonly #leases = new MemoryClosing(this.clock, 0);
  readonly #coordinators: Map<string, { readonly keeper: RosterKeeper; toldAtMs: number; isAlive: boolean }>;
  isPostgresThere = true;

  constructor({ coordinators, agents }: { readonly coordinators: readonly string[]; readonly agents: readonly (readonly [id: string, coordinator: string])[] }) {
    this.agents = agents.map(([id, coordinator]) => ({ id, coordinator, diedAtMs: null }));
    this.#coordinators = new Map(coordinators.map((id) => [id, { keeper: this.#keeper(id), toldAtMs: this.clock.nowMs(), isAlive: true }]));
  }

  async pass(forMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < forMs; passedMs += SECOND) {
      await this.clock.advance(SECOND);
      // The worse order: what is looked at was told a second ago.
      for (const one of this.#coordinators.values()) if (one.isAlive) await one.keeper.look().catch(() => undefined);
      for (const one of this.#coordinators.values()) if (one.isAlive && this.isPostgresThere) one.toldAtMs = this.clock.nowMs();
    }
  }

  kill(agentId: string, coordinator: string | null): void {
    this.agents.find(({ id }) => id === agentId)!.diedAtMs = this.clock.nowMs();
    if (coordinator) this.#coordinators.get(coordinator)!.isAlive = false;
  }

  keeperId(): string {
    return [...this.#coordinators].find(([, { keeper, isAlive }]) => isAlive && keeper.isHolding)![0];
  }

  /** From when an agent has no part of the work any more. */
  outFromMs(agentId: string): number | undefined {
    return this.rosters.find(({ members }, index) => index > 0 && !members.some((member) => member.agentId === agentId))?.fromAtMs;
  }

  #keeper(holder: string): RosterKeeper {
    const refuse = async <T>(value: () => T): Promise<T> => { if (this.isPostgresThere) return value(); throw new Error('Postgres is away'); };
    const store = {
      acquireLease: (name: string, who: string, ttlMs: number) => refuse(() => this.#leases.acquireLease(name, who, ttlMs)),
      releaseLease: () => Promise.resolve(),
      observeAgents: () => refuse(() => ({ nowMs: this.clock.nowMs(), sightings: this.agents.map((agent) => this.#sighting(agent)) })),
      onFleetHint: () => () => {},
    };
    const plan = {
      appendRosters: async (rosters: readonly RosterEpoch[]) => { this.rosters.push(...rosters); return true; },
      appendAvailability: async (changes: readonly AvailabilityChange[]) => { this.changes.push(...changes); return true; },
    };
    const changes = this.changes;
    const planner = {
      refresh: async () => {}, locations: () => [HERE], members: () => this.rosters.at(-1)?.members ?? [],
      get availability() { return availabilityIndex(changes); },
    };
    return new RosterKeeper({ store, plan, planner, holder, clock: this.clock, log: SILENT } as unknown as RosterDeps);
  }

  /** What Postgres holds: an agent is heard of by its coordinator's telling; a stream that ends is noted by a coordinator that lives. */
  #sighting({ id, coordinator, diedAtMs }: Agent): Sighting {
    const { toldAtMs, isAlive } = this.#coordinators.get(coordinator)!;
    const nowMs = this.clock.nowMs();
    return {
      agentId: id, locationId: HERE.id, capacity: 1_000, isDraining: false, heardAgoMs: nowMs - Math.min(toldAtMs, diedAtMs ?? Infinity),
      closedAgoMs: diedAtMs !== null && isAlive ? nowMs - diedAtMs : null, isClosedByCoordinator: false, lastSlotMs: null, coordinatorAgoMs: nowMs - toldAtMs,
    };
  }
}

/** Two coordinators, both there for a while; the agent `a` at the one that keeps the rosters or at the other. */
async function aSettledWorld(isWithKeeper: boolean): Promise<{ readonly world: World; readonly keeper: string }> {
  const keeper = 'one';
  const world = new World({ coordinators: [keeper, 'two'], agents: [['a', isWithKeeper ? keeper : 'two'], ['b', 'two']] });
  await world.pass(20 * SECOND);
  expect(world.keeperId()).toBe(keeper);
  return { world, keeper };
}

describe('the roster keeper', () => {
  test.each([['at another coordinator', false], ['with its own coordinator', true]] as const)('that dies together with an agent %s is replaced, and so is the agent, within 10 s', async (_, isWithKeeper) => {
    const { world, keeper } = await aSettledWorld(isWithKeeper);
    const killedAtMs = world.clock.nowMs();
    world.kill('a', keeper);
    await world.pass(30 * SECOND);
    expect(world.outFromMs('a')! - killedAtMs).toBeLessThanOrEqual(TAKEOVER_MS);
    expect(world.outFromMs('b')).toBeUndefined();
  });

  test('gives the agents of a coordinator that crashed the time to come back before anybody is out', async () => {
    const { world, keeper } = await aSettledWorld(true);
    world.kill('a', keeper);
    await world.pass(6 * SECOND);
    expect(world.outFromMs('a')).toBeUndefined();
  });

  test('drops nobody when Postgres was away for longer than every lease', async () => {
    const { world } = await aSettledWorld(true);
    world.isPostgresThere = false;
    await world.pass(60 * SECOND);
    world.isPostgresThere = true;
    await world.pass(30 * SECOND);
    expect([world.outFromMs('a'), world.outFromMs('b')]).toEqual([undefined, undefined]);
    expect(world.changes.map(({ available }) => available)).toEqual([true]);
  });
});
