import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lease } from '#coordinator/pipeline/closing-port.ts';
import type { IngestRow } from '#coordinator/pipeline/ports.ts';
import { aStore, type AStore } from '#coordinator/store/testing/a-store.ts';
import { aResultRow, aWorld, gapOf, NOON, type World } from '#coordinator/store/testing/rows.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { Random } from '../../fuzz/random.ts';
import { StoreModel } from './store-model.ts';

const SEEDS = [1, 2, 3];
const OPERATIONS = 120;
const RUNS = 12;
const OTHER_LOCATION = randomUUID();

let real: AStore;
let world: World;
beforeAll(async () => {
  real = await aStore();
  world = await aWorld(real.store);
});
afterAll(() => real.end());

describe('the model of Postgres answers as Postgres does', () => {
  test.each(SEEDS)('to results, gaps, duplicates and late ones (seed %i)', async (seed) => {
    const random = new Random(seed);
    const model = new StoreModel({ nowMs: () => NOON, newId: randomUUID });
    const runs = Array.from({ length: RUNS }, (_, index) => ({ runId: randomUUID(), dueAtMs: NOON + seed * 3_600_000 + index * 10_000 }));
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      if (random.chance(0.25)) {
        const owed = runs.map((run) => ({ ...run, accountId: world.accountId, checkId: world.checkId, locationId: world.locationId }));
        const unsettled = (rows: readonly { readonly runId: string }[]): readonly string[] => rows.map(({ runId }) => runId);
        expect(unsettled(model.findUnsettled(owed))).toEqual(unsettled(await real.store.findUnsettled(owed)));
        continue;
      }
      const rows = Array.from({ length: random.int(1, 5) }, () => aRow(random, random.pick(runs)));
      expect({ operation, ...model.runs.ingest(rows) }).toEqual({ operation, ...await real.store.ingest(rows) });
    }
    expect(tablesOf(model)).toEqual(await tablesOfPostgres(runs.map(({ runId }) => runId)));
  });

  test('to leases: who gets one, with which token, and what a fence lets through', async () => {
    const random = new Random(7);
    const model = new StoreModel({ nowMs: () => Date.now(), newId: randomUUID });
    const [name, location] = [`lease ${randomUUID()}`, randomUUID()];
    await real.client.query('insert into locations (id, code, name, kind, config_revision) values ($1, $2, $2, $3, 0)', [location, `at-${location.slice(0, 8)}`, 'public']);
    const held: { theirs: Lease; ours: Lease }[] = [];
    for (let operation = 0; operation < 40; operation += 1) {
      const holder = random.pick(['a', 'b', 'c']);
      const last = held.length > 0 ? random.pick(held) : null;
      if (last && random.chance(0.3)) {
        await real.store.releaseLease(last.theirs);
        model.releaseLease(last.ours);
      } else if (last && random.chance(0.4)) {
        const roster = { locationId: location, fromAtMs: Date.now() + 60_000, members: [] };
        expect({ operation, isTaken: model.appendRosters([roster], last.ours) }).toEqual({ operation, isTaken: await real.store.appendRosters([roster], last.theirs) });
        expect({ operation, isMoved: model.moveClosedThrough(last.ours, NOON) }).toEqual({ operation, isMoved: await real.store.moveClosedThrough(last.theirs, NOON) });
      } else {
        // Long enough to run for the whole test; ending early is by release.
        const [theirs, ours] = [await real.store.acquireLease(name, holder, 600_000), model.acquireLease(name, holder, 600_000, 0)];
        expect({ operation, token: ours?.token }).toEqual({ operation, token: theirs?.token });
        if (theirs && ours) held.push({ theirs, ours });
      }
    }
    expect(held.length).toBeGreaterThan(5);
  });

  test('to sessions: generations, the newest, and who is cut off', async () => {
    const random = new Random(9);
    const model = new StoreModel({ nowMs: () => Date.now(), newId: randomUUID });
    const agents = [randomUUID(), randomUUID()];
    const sessions: { theirs: string; ours: string }[] = [];
    for (let operation = 0; operation < 60; operation += 1) {
      const session = sessions.length > 0 ? random.pick(sessions) : null;
      if (!session || random.chance(0.3)) {
        const wanted = { agentId: random.pick(agents), instanceId: randomUUID(), name: 'an agent', locationId: world.locationId, version: '1', capacity: 1_000, coordinatorId: randomUUID() };
        const [theirs, ours] = [await real.store.openSession(wanted), model.sessions.open(wanted)];
        expect(ours.generation).toBe(theirs.generation);
        sessions.push({ theirs: theirs.sessionId, ours: ours.sessionId });
      } else if (random.chance(0.3)) {
        const why = random.pick(['ended', 'coordinator_stops'] as const);
        await real.store.closeSession(session.theirs, why);
        model.sessions.close(session.ours, why);
      } else if (random.chance(0.4)) {
        await real.store.sayGoodbye(session.theirs, NOON);
        model.sessions.sayGoodbye(session.ours, NOON);
      }
      if (!session) continue;
      expect({ operation, found: model.sessions.find(session.ours) }).toEqual({ operation, found: await real.store.findSession(session.theirs) });
      expect(model.sessions.findCutOff([session.ours]).map(({ code }) => code)).toEqual((await real.store.findCutOff([session.theirs])).map(({ code }) => code));
      expect(model.sessions.hasAgent(world.locationId)).toBe(await real.store.hasAgent(world.locationId));
      expect(seen(model.sessions.observeAgents().sightings)).toEqual(seen((await real.store.observeAgents()).sightings));
    }
  });

  test('to edits: which epochs follow which, and what is new since a revision', async () => {
    const random = new Random(11);
    const model = new StoreModel({ nowMs: () => Date.now(), newId: randomUUID });
    const checkId = randomUUID();
    const [theirStart, ourStart] = [await real.store.configRevision(), model.revision];
    const first = aCheck({ frequency: 10, locations: ['local-1'] });
    await real.store.createCheck(world.accountId, checkId, first, null);
    model.createCheck(world.accountId, checkId, { ...first, locations: [world.locationId] });
    for (let operation = 0; operation < 25; operation += 1) {
      const check = aCheck({ frequency: random.pick([1, 10]), runParallel: random.chance(0.5), activated: random.chance(0.7), maxResponseTime: random.pick([1_000, 5_000]), locations: ['local-1'] });
      await real.store.replaceCheck(world.accountId, checkId, check, null);
      model.replaceCheck(checkId, { ...check, locations: [world.locationId] });
    }
    const theirs = (await real.store.loadConfig(theirStart)).checks.find((check) => check.checkId === checkId)!;
    const ours = model.loadConfig(ourStart).checks.find((check) => check.checkId === checkId)!;
    const shape = ({ revision, isDeleted, epochs }: typeof theirs) => ({ revision, isDeleted, epochs: epochs.map(({ fromAtMs: _, ...epoch }) => epoch) });
    expect(shape(ours)).toEqual(shape(theirs));
    expect(ours.epochs.every(({ fromAtMs }, index) => Math.abs(fromAtMs - theirs.epochs[index]!.fromAtMs) < 10_000)).toBe(true);
    expect(model.loadConfig(model.revision).checks).toEqual([]);
  });
});

function aRow(random: Random, run: { readonly runId: string; readonly dueAtMs: number }): IngestRow {
  if (random.chance(0.35)) return gapOf(world, run);
  const attempt = random.int(1, 3);
  // One in another location ends its run instead of the attempt before.
  const elsewhere = attempt > 1 && random.chance(0.4) ? { trigger: 'retry' as const, locationExecuted: OTHER_LOCATION } : {};
  return { ...aResultRow(world, { ...run, attempt, isFinal: random.chance(0.6), ...elsewhere }), isSurplus: random.chance(0.15) };
}

type Tables = { readonly results: readonly unknown[]; readonly gaps: readonly string[] };

function tablesOf({ runs }: StoreModel): Tables {
  return {
    results: [...runs.results.values()].map(({ result, isSurplus, replacedGap }) => `${result.runId} ${result.attempt} ${result.isFinal} ${isSurplus} ${replacedGap}`).sort(),
    gaps: [...runs.gaps.values()].map(({ gap }) => gap.runId).sort(),
  };
}

async function tablesOfPostgres(runIds: readonly string[]): Promise<Tables> {
  const results = await real.client.query<{ run_id: string; attempt: number; is_final: boolean; is_surplus: boolean; replaced_gap: string | null }>(
    'select run_id, attempt, is_final, is_surplus, replaced_gap from results where run_id = any($1)', [runIds]);
  const gaps = await real.client.query<{ run_id: string }>('select run_id from gaps where run_id = any($1)', [runIds]);
  return {
    results: results.rows.map((row) => `${row.run_id} ${row.attempt} ${row.is_final} ${row.is_surplus} ${row.replaced_gap}`).sort(),
    gaps: gaps.rows.map(({ run_id }) => run_id).sort(),
  };
}

/** Without the spans of time, which no two clocks agree on. */
function seen(sightings: Awaited<ReturnType<AStore['store']['observeAgents']>>['sightings']): readonly unknown[] {
  return sightings.map(({ agentId, capacity, closedAgoMs, isClosedByCoordinator, lastSlotMs }) => ({ agentId, capacity, isClosed: closedAgoMs !== null, isClosedByCoordinator, lastSlotMs }))
    .sort((a, b) => (a.agentId < b.agentId ? -1 : 1));
}
