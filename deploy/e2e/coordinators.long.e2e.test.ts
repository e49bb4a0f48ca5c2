/**
 * Two coordinators on one Postgres, agents spread over both by a balancer: what is said to one reaches the agents of
 * the other, one is killed −9, then everything is restarted, one after the other, under load. Counted by the schedule's
 * arithmetic and by the product's own completeness (reliability.md I1–I3, F2, F4).
 */
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import type { CheckResultWire } from '#coordinator/api/wire/result-schema.ts';
import { freePort } from '../local/ports.ts';
import { Api, aCheckBody } from './testing/api.ts';
import { startBalancer } from './testing/balancer.ts';
import { completenessOf, troublesOf } from './testing/completeness.ts';
import { eventually, pause } from './testing/eventually.ts';
import { Fleet, type CoordinatorAt } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import type { NodeProcess } from './testing/node-process.ts';
import { readStoredFacts } from './testing/stored-facts.ts';

const LOCATIONS = ['loc-1', 'loc-2'];
const AGENTS_EACH = 2;
/** Every 10 s, half of them in every location: about twelve runs a second, all the time. */
const CHECKS = 80;
/** A longer life: this many rounds of restarts instead of one. */
const ROUNDS = Number(process.env['ROLLING_ROUNDS'] ?? 1);
/** A result takes its time to be stored. */
const STORED_WITHIN_MS = 4_000;
/** Run budget, 30 s (rules.md 8), and the closer's look. */
const CLOSED_WITHIN_MS = 90_000;

type Agent = { readonly id: string; readonly name: string; readonly connected: boolean; readonly inRoster: boolean; readonly generation: number; readonly appliedRevision: number };

let fleet: Fleet;
let target: LoggedTarget;
let places: readonly [CoordinatorAt & { name: string; httpPort: number }, CoordinatorAt & { name: string; httpPort: number }];
let coordinators: NodeProcess[];
let apis: readonly [Api, Api];
let accountId: string;
let watchedFromMs: number;
const agents = new Map<string, { process: NodeProcess; readonly start: () => Promise<NodeProcess> }>();

beforeAll(async () => {
  fleet = await Fleet.open();
  try {
    places = [
      { name: 'coordinator a', httpPort: fleet.httpPort, fleetPort: fleet.fleetPort },
      { name: 'coordinator b', httpPort: await freePort('127.0.0.1'), fleetPort: await freePort('127.0.0.1') },
    ];
    apis = [fleet.api, new Api(`http://127.0.0.1:${places[1].httpPort}`, fleet.apiKey)];
    coordinators = [await fleet.startCoordinator(places[0]), await fleet.startCoordinator(places[1])];
    target = await startLoggedTarget();
    fleet.onEnd(() => target.close());
    await startAgents();
    accountId = (await fleet.api.must<{ id: string }>('GET', '/v1/accounts/me')).id;
    for (let n = 0; n < CHECKS; n += 1) {
      await apis[n % 2]!.must('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: `check ${n}`, runParallel: n % 2 === 0, locations: LOCATIONS }));
    }
    await everybodyIsThere(apis[0]);
    watchedFromMs = Date.now();
  } catch (error) {
    console.error(fleet.logs());
    throw error;
  }
});

beforeEach(() => { onTestFailed(() => { console.error(fleet.logs()); }); });
afterAll(() => fleet?.end());

/** Of each location all agents begin at one coordinator: `loc-1` at a, `loc-2` at b; their results go to the other. */
async function startAgents(): Promise<void> {
  for (const [index, code] of LOCATIONS.entries()) {
    const key = await fleet.addLocation(code);
    for (let n = 1; n <= AGENTS_EACH; n += 1) {
      const balancer = await startBalancer(places.map(({ fleetPort }) => fleetPort!), index);
      fleet.onEnd(() => balancer.close());
      const start = () => fleet.startAgent(`${code}-${n}`, key, { fleetPort: balancer.port });
      agents.set(`${code}-${n}`, { process: await start(), start });
    }
  }
  await eventually('the locations to be available', async () => (await fleet.api.must<readonly { available: boolean }[]>('GET', '/v1/locations')).every(({ available }) => available));
}

function listAgents(api: Api): Promise<readonly Agent[]> {
  return api.must('GET', '/v1/agents');
}

/** All connected, each with its part of the checks. */
function everybodyIsThere(api: Api): Promise<unknown> {
  return eventually('every agent to be connected, with a config', async () => {
    const listed = await listAgents(api);
    return listed.length === agents.size && listed.every(({ connected, inRoster, appliedRevision }) => connected && inRoster && appliedRevision > 0);
  }, { everyMs: 200 });
}

/** Which coordinator holds the open session of each agent, by agent name. */
async function holders(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await fleet.pool.query('select a.name, s.coordinator_id from agents a join sessions s on s.location_id = a.location_id and s.agent_id = a.id and s.generation = a.generation where s.closed_at is null');
  return new Map(rows.map((row: { name: string; coordinator_id: string }) => [row.name, row.coordinator_id]));
}

async function troublesUntil(toMs: number) {
  await pause(STORED_WITHIN_MS);
  const found = completenessOf(await readStoredFacts(fleet.pool), accountId, { fromMs: watchedFromMs, toMs });
  return { due: found.due, troubles: troublesOf(found) };
}

test('agents are spread over both, and a run at once reaches them through either', async () => {
  const held = await holders();
  expect([...held.keys()].sort()).toEqual([...agents.keys()].sort());
  expect(held.get('loc-1-1')).not.toBe(held.get('loc-2-1'));
  const { request } = aCheckBody(target.port);
  for (const api of apis) {
    for (const location of LOCATIONS) {
      const answer = await api.must<CheckResultWire>('POST', '/v1/checks/tcp/run', { request, location });
      expect(answer).toMatchObject({ hasFailures: false, runLocation: location, tcpCheckResult: { trigger: 'manual', outcome: 'passed' } });
    }
  }
});

test('a check made through one is run once at once in every location, whoever has the agents', async () => {
  const { id } = await apis[1].must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: 'rare', frequency: 720, frequencyOffset: null, runParallel: true, locations: LOCATIONS }));
  const deploys = () => apis[0].must<readonly CheckResultWire[]>('GET', `/v1/check-results/${id}?limit=100&trigger=deploy`);
  await eventually('the first runs', async () => (await deploys()).length >= LOCATIONS.length);
  const manual = await apis[0].must<CheckResultWire>('POST', `/v1/checks/${id}/run`, { location: 'loc-2' });
  await eventually('the manual run to be stored', async () => (await apis[1].must<readonly CheckResultWire[]>('GET', `/v1/check-results/${id}?limit=100&trigger=manual`)).some((one) => one.id === manual.id));
  expect((await deploys()).map(({ runLocation }) => runLocation).sort()).toEqual(LOCATIONS);
});

test('the agents of one that is killed −9 are at the other within ten seconds', async () => {
  const held = await holders();
  const before = new Map((await listAgents(apis[1])).map((agent) => [agent.name, agent.generation]));
  const moving = [...held.keys()].filter((name) => held.get(name) === held.get('loc-1-1'));
  expect(moving.length).toBeGreaterThan(0);
  await coordinators[0]!.kill9();
  await eventually('its agents at the other', async () => {
    const now = new Map((await listAgents(apis[1])).map((agent) => [agent.name, agent]));
    return moving.every((name) => now.get(name)!.connected && now.get(name)!.generation > before.get(name)!);
  }, { withinMs: 10_000, everyMs: 100 });
  expect(new Set((await holders()).values()).size).toBe(1);
  coordinators[0] = await fleet.startCoordinator(places[0]);
});

test('a rolling restart of every agent and both coordinators leaves no slot out and runs none twice', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, place] of places.entries()) {
      expect(await coordinators[index]!.stop()).toMatchObject({ code: 0 });
      await everybodyIsThere(apis[1 - index]!);
      coordinators[index] = await fleet.startCoordinator(place);
    }
    for (let n = 1; n <= AGENTS_EACH; n += 1) {
      await Promise.all(LOCATIONS.map(async (code) => {
        const agent = agents.get(`${code}-${n}`)!;
        expect(await agent.process.stop()).toMatchObject({ code: 0 });
        agent.process = await agent.start();
      }));
      await everybodyIsThere(apis[0]);
    }
  }
  const untilMs = Date.now();
  const { due, troubles } = await troublesUntil(untilMs);
  expect(troubles).toBeNull();
  expect(due).toBeGreaterThan(CHECKS);
  for (const api of apis) expect(await closedBooks(api, untilMs)).toEqual({ due, results: due, gapCount: 0, pending: 0, missing: 0, double: 0, unowed: 0 });
}, 300_000);

const COUNTS = ['due', 'results', 'gapCount', 'pending', 'missing', 'double', 'unowed'] as const;
type Counts = Readonly<Record<(typeof COUNTS)[number], number>>;

/** What the product itself says of all checks, once every slot of the range is closed: before, a slot nobody ran is pending, and none is missing. */
async function closedBooks(api: Api, untilMs: number): Promise<Counts> {
  const range = `from=${new Date(watchedFromMs).toISOString()}&to=${new Date(untilMs).toISOString()}`;
  const entries = await eventually('every slot to be closed', async () => {
    const page = await api.must<{ total: number; entries: readonly (Counts & { closedThrough: string })[] }>('GET', `/v1/completeness?${range}&limit=100`);
    if (page.total !== page.entries.length) throw new Error(`${page.total} checks, and one page does not show them all`);
    return page.entries.every(({ closedThrough }) => Date.parse(closedThrough) >= untilMs) ? page.entries : null;
  }, { withinMs: CLOSED_WITHIN_MS, everyMs: 2_000 });
  return Object.fromEntries(COUNTS.map((count) => [count, entries.reduce((sum, entry) => sum + entry[count], 0)])) as Counts;
}
