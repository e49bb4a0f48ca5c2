/** How agents come in, are turned out, and are told apart, with real processes (reliability.md F12, F31). */
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { aCheckBody } from './testing/api.ts';
import { eventually, pause } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import type { NodeProcess } from './testing/node-process.ts';
import { readStoredFacts } from './testing/stored-facts.ts';

type Key = { readonly id: string; readonly rawKey: string };
type Place = { readonly id: string; readonly slugName: string; readonly keys: readonly Key[]; readonly agentCount: number; readonly runningAgents: readonly object[] };
type Agent = {
  readonly id: string; readonly name: string; readonly connected: boolean; readonly generation: number;
  readonly state: string; readonly conflict: boolean;
};

let fleet: Fleet;
let target: LoggedTarget;
let place: Place;
let agent: NodeProcess;

beforeAll(async () => {
  fleet = await Fleet.open();
  await fleet.startCoordinator();
  target = await startLoggedTarget();
  fleet.onEnd(() => target.close());
  place = await fleet.api.must<Place>('POST', '/v1/private-locations', { name: 'Rack 1', slugName: 'rack-1' });
});
beforeEach(() => { onTestFailed(() => { console.error(fleet.logs()); }); });
afterAll(() => fleet?.end());

const agentNamed = async (name: string) => (await fleet.api.must<readonly Agent[]>('GET', '/v1/agents')).find((one) => one.name === name);
const connected = (name: string) => eventually(`${name} to be connected`, async () => {
  const found = await agentNamed(name);
  return found?.connected === true ? found : null;
}, { withinMs: 60_000 });
const addKey = (options: object = {}) => fleet.api.must<Key>('POST', `/v1/private-locations/${place.id}/keys`, options);
const storedRuns = async () => (await readStoredFacts(fleet.pool)).results.length;
const spoolRows = async (of: NodeProcess) => {
  const metrics = await (await fetch(`${(await of.ready()).httpUrl}/metrics`)).text();
  return Number(/^sonde_spool_rows (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
};

test('an agent enrols with the key of a private location, keeps its own key to itself, and runs its checks', async () => {
  agent = await fleet.startAgent('one', place.keys[0]!.rawKey);
  await connected('one');
  expect(statSync(join(fleet.dir, 'agents', 'one', 'agent-key')).mode & 0o777).toBe(0o600);
  await fleet.api.must('POST', '/v1/checks/tcp', aCheckBody(target.port, { locations: [], privateLocations: ['rack-1'] }));
  await eventually('a result from rack-1', async () => await storedRuns() > 0);
  expect(await fleet.api.must<Place>('GET', `/v1/private-locations/${place.id}`)).toMatchObject({ agentCount: 1, runningAgents: [{ count: 1, isOutdated: false }] });
  expect((await fleet.api.send('DELETE', `/v1/private-locations/${place.id}`)).status).toBe(409);
});

test('restarted without the location key it is the same agent, by its own', async () => {
  const before = await connected('one');
  await agent.stop();
  agent = await fleet.startAgent('one', '');
  const after = await eventually('the next session of one', async () => {
    const found = await agentNamed('one');
    return found && found.connected && found.generation > before.generation ? found : null;
  });
  expect(after.id).toBe(before.id);
});

test('its key revoked while it streams: cut within 5 s, nothing taken any more, everything kept and delivered with another key (F31)', async () => {
  const revokedAtMs = performance.now();
  await fleet.api.must('DELETE', `/v1/private-locations/${place.id}/keys/${place.keys[0]!.id}`);
  await eventually('the agent to be told', async () => agent.output.includes('"code":"key_revoked"'), { withinMs: 5_000 });
  expect(performance.now() - revokedAtMs).toBeLessThan(5_000);

  const atCut = await storedRuns();
  const connections = target.connectionsAtMs.length;
  await eventually('the agent to go on by itself', async () => target.connectionsAtMs.length > connections && await spoolRows(agent) > 0, { withinMs: 25_000 });
  expect(await storedRuns()).toBe(atCut);
  expect((await agentNamed('one'))?.connected).toBe(false);

  const { rawKey } = await addKey();
  await agent.stop();
  expect(existsSync(join(fleet.dir, 'agents', 'one', 'spool.db'))).toBe(true);
  const runs = target.connectionsAtMs.length;
  agent = await fleet.startAgent('one', rawKey);
  await eventually('every run to be stored', async () => await storedRuns() >= runs, { withinMs: 30_000 });
});

test('a one-time key enrols one agent, also across its restarts, and no other', async () => {
  const key = await addKey({ oneTime: true });
  let once = await fleet.startAgent('once', key.rawKey);
  await connected('once');
  const late = await fleet.startAgent('late', key.rawKey);
  await eventually('the second to be rejected', async () => late.output.includes('"code":"key_used_up"'));
  await late.stop();
  await once.stop();
  once = await fleet.startAgent('once', key.rawKey);
  await eventually('the first to be back', async () => {
    const found = await agentNamed('once');
    return found?.connected === true && found.generation === 2;
  });
  await once.stop();
});

test('an agent that needs approval waits for it, and comes by itself', async () => {
  const key = await addKey({ requireApproval: true });
  const waiting = await fleet.startAgent('waiting', key.rawKey);
  const { id } = await eventually('it to be listed', async () => {
    const found = await agentNamed('waiting');
    return found?.state === 'pending' ? found : null;
  });
  expect((await agentNamed('waiting'))?.connected).toBe(false);
  await fleet.api.must('POST', `/v1/agents/${id}/approve`);
  expect(await connected('waiting')).toMatchObject({ id, state: 'active' });

  await fleet.api.must('DELETE', `/v1/agents/${id}`);
  await eventually('it to be turned out', async () => waiting.output.includes('"code":"agent_revoked"'), { withinMs: 5_000 });
  expect(await agentNamed('waiting')).toBeUndefined();
  await waiting.stop();
});

test('a cloned machine: the copies displace each other, are reported as a conflict, and a slot is stored once (F12)', async () => {
  const { id } = await connected('one');
  const [original, copy] = ['one', 'copy'].map((name) => join(fleet.dir, 'agents', name)) as [string, string];
  mkdirSync(copy, { recursive: true });
  for (const file of ['agent-id', 'agent-key']) cpSync(join(original, file), join(copy, file));
  const clone = await fleet.startAgent('copy', '');
  const reported = await eventually('the conflict to be reported', async () => {
    const agents = await fleet.api.must<readonly Agent[]>('GET', '/v1/agents');
    return agents.find((one) => one.id === id && one.conflict);
  }, { withinMs: 100_000, everyMs: 500 });
  expect(reported.generation).toBeGreaterThanOrEqual(4);
  await clone.stop();
  await pause(500);
  const { results } = await readStoredFacts(fleet.pool);
  expect(new Set(results.map(({ runId, attempt }) => `${runId}/${attempt}`)).size).toBe(results.length);
});
