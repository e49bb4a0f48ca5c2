/**
 * Four locations, a coordinator that is killed −9 in the middle, and 24 checks every 10 s of both strategies. The
 * targets' own logs and the schedule's arithmetic say what must have been stored (reliability.md I1–I3, F2).
 * Counts and turns are asserted, never times.
 */
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { aCheckBody } from './testing/api.ts';
import { completenessOf, troublesOf } from './testing/completeness.ts';
import { eventually, pause } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import type { NodeProcess } from './testing/node-process.ts';
import { readStoredFacts, type StoredFacts } from './testing/stored-facts.ts';

const LOCATIONS = ['loc-1', 'loc-2', 'loc-3', 'loc-4'];
const CHECKS_OF_EACH_STRATEGY = 12;
const INTERVAL_MS = 10_000;
/** Long enough that every check has slots before, during or after it; every one has at least three. */
const BEFORE_KILL_MS = 14_000;
const OUTAGE_MS = 4_000;
const AFTER_RESTART_MS = 22_000;

type WatchedCheck = { readonly id: string; readonly isParallel: boolean; readonly target: LoggedTarget };

let fleet: Fleet | undefined;
let agents: readonly NodeProcess[] = [];
let locationIds: ReadonlySet<string>;
let checks: readonly WatchedCheck[] = [];
let storedBeforeKill: ReadonlySet<string>;
let outage: { fromMs: number; untilMs: number };
let facts: StoredFacts;
let accountId: string;

beforeAll(async () => {
  try {
    await liveThroughIt();
  } catch (error) {
    console.error(fleet?.logs());
    throw error;
  }
});

afterAll(() => fleet?.end());

async function liveThroughIt(): Promise<void> {
  fleet = await Fleet.open();
  const coordinator = await fleet.startCoordinator();
  agents = await fleet.startLocations(LOCATIONS);
  accountId = (await fleet.api.must<{ id: string }>('GET', '/v1/accounts/me')).id;
  locationIds = new Set((await fleet.api.must<readonly { id: string }[]>('GET', '/v1/locations')).map(({ id }) => id));
  checks = await createChecks(fleet);

  await pause(BEFORE_KILL_MS);
  storedBeforeKill = new Set((await readStoredFacts(fleet.pool)).results.map(keyOf));
  const fromMs = Date.now();
  await coordinator.kill9();
  await pause(OUTAGE_MS);
  outage = { fromMs, untilMs: Date.now() };
  await fleet.startCoordinator();
  await pause(AFTER_RESTART_MS);

  // Deleted checks have a last slot, so that there is an end to count up to.
  for (const { id } of checks) await fleet.api.must('DELETE', `/v1/checks/${id}`);
  const { pool } = fleet;
  await eventually('every connection to be a stored result', async () => {
    facts = await readStoredFacts(pool);
    const lastEndMs = Math.max(...[...facts.epochs.values()].map((epochs) => epochs.at(-1)!.fromAtMs));
    return Date.now() > lastEndMs && checks.every(({ id, target }) => target.connectionsAtMs.length === resultsOf(id).length);
  }, { withinMs: 20_000, everyMs: 250 }).catch((error: unknown) => console.error(String(error)));
  // What is wrong then is told by the tests.
}

async function createChecks(of: Fleet): Promise<readonly WatchedCheck[]> {
  const created: WatchedCheck[] = [];
  for (let index = 0; index < CHECKS_OF_EACH_STRATEGY * 2; index += 1) {
    const isParallel = index % 2 === 0;
    const target = await startLoggedTarget();
    of.onEnd(() => target.close());
    const { id } = await of.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: `check ${index + 1}`, runParallel: isParallel, locations: LOCATIONS }));
    created.push({ id, isParallel, target });
  }
  return created;
}

const keyOf = ({ runId, attempt }: { runId: string; attempt: number }): string => `${runId} ${attempt}`;
const resultsOf = (checkId: string) => facts.results.filter((run) => run.checkId === checkId);
const scheduledOf = (checkId: string) => resultsOf(checkId).filter(({ trigger }) => trigger === 'schedule');

describe('a fleet whose coordinator is killed −9 and restarted', () => {
  const ofTheFleet = (title: string, assert: () => void): void => {
    test(title, () => {
      onTestFailed(() => { console.error(fleet?.logs()); });
      assert();
    });
  };

  ofTheFleet('every due slot has exactly one final result per owed location, and nothing else is stored', () => {
    const found = completenessOf(facts, accountId, { fromMs: 0, toMs: Date.now() });
    expect(troublesOf(found)).toBeNull();
    expect(found.surplus).toBe(0);
    // Three slots of each check at the least, or this has shown nothing.
    expect(found.due).toBeGreaterThanOrEqual(3 * CHECKS_OF_EACH_STRATEGY * (LOCATIONS.length + 1));
  });

  ofTheFleet('round-robin turns rotate exactly over the four locations', () => {
    for (const { id } of checks.filter(({ isParallel }) => !isParallel)) {
      const runs = scheduledOf(id);
      const order = facts.epochs.get(id)![0]!.order;
      expect(new Set(order)).toEqual(locationIds);
      const firstTurn = order.indexOf(runs[0]!.locationOwed);
      expect(runs.map(({ locationOwed }) => locationOwed)).toEqual(runs.map((_, index) => order[(firstTurn + index) % order.length]));
      expect(runs.map(({ dueAtMs }) => dueAtMs)).toEqual(runs.map((_, index) => runs[0]!.dueAtMs + index * INTERVAL_MS));
    }
  });

  ofTheFleet('a parallel slot is run in all four locations', () => {
    for (const { id } of checks.filter(({ isParallel }) => isParallel)) {
      const slots = Map.groupBy(scheduledOf(id), ({ dueAtMs }) => dueAtMs);
      for (const runs of slots.values()) expect(runs.map(({ locationOwed }) => locationOwed).sort()).toEqual([...locationIds].sort());
    }
  });

  ofTheFleet('every check ran once at once when it was created: parallel everywhere, round-robin in one location', () => {
    const deployed = checks.map(({ id }) => resultsOf(id).filter(({ trigger }) => trigger === 'deploy').length);
    expect(deployed).toEqual(checks.map(({ isParallel }) => (isParallel ? LOCATIONS.length : 1)));
  });

  ofTheFleet('agents went on during the outage, and what they saw arrived afterwards', () => {
    const seen = facts.results.filter(({ dueAtMs, latenessUs }) => dueAtMs > outage.fromMs && dueAtMs + latenessUs / 1000 < outage.untilMs);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter((run) => storedBeforeKill.has(keyOf(run)))).toEqual([]);
    // The fault fired: every agent lost its session.
    for (const agent of agents) expect(agent.output).toContain('no session with the coordinator');
  });

  ofTheFleet('an outage of the coordinator is no death of a location', () => {
    expect(facts.availability.filter(({ available }) => !available)).toEqual([]);
  });

  ofTheFleet('what was stored before the kill is still there, and nothing is there twice', () => {
    expect(storedBeforeKill.size).toBeGreaterThan(0);
    const after = facts.results.map(keyOf);
    expect([...storedBeforeKill].filter((key) => !after.includes(key))).toEqual([]);
    expect(new Set(after).size).toBe(after.length);
  });

  ofTheFleet("the targets' own logs agree: as many connections as results, all of them passed", () => {
    expect(checks.map(({ id }) => resultsOf(id).length)).toEqual(checks.map(({ target }) => target.connectionsAtMs.length));
    expect(facts.results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  });
});
