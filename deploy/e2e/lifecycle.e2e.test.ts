/** The life of a check and of its agents as a client of the API sees it, with real processes. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { mintToken } from '#coordinator/api/keys.ts';
import type { CheckResultWire } from '#coordinator/api/wire/result-schema.ts';
import { phaseMs } from '#shared/schedule/cadence.ts';
import { aCheckBody } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import type { NodeProcess } from './testing/node-process.ts';
import { readStoredFacts } from './testing/stored-facts.ts';

const INTERVAL_MS = 10_000;
/** A check that the schedule leaves alone for the length of this file. */
const RARELY = { frequency: 720, frequencyOffset: null };

type Agent = { readonly id: string; readonly name: string; readonly connected: boolean; readonly inRoster: boolean; readonly state: string };

let fleet: Fleet;
let locationKey: string;
let firstAgent: NodeProcess;
let target: LoggedTarget;
let stranger: NodeProcess;
/** Checks that go on through several tests, each with a target of its own. */
let edited: { readonly id: string; readonly target: LoggedTarget };
let deactivated: { readonly id: string; readonly target: LoggedTarget };
let deleted: { readonly id: string; readonly target: LoggedTarget };
let steady: { readonly id: string; readonly target: LoggedTarget };

beforeAll(async () => {
  fleet = await Fleet.open();
  try {
    await fleet.startCoordinator();
    locationKey = await fleet.addLocation('loc-1');
    await fleet.addLocation('empty');
    firstAgent = await fleet.startAgent('first', locationKey);
    stranger = await fleet.startAgent('stranger', mintToken('location', randomBytes));
    target = await aTarget();
    await eventually('the first agent to be connected', async () => (await agentNamed('first'))?.connected);
    edited = await aScheduledCheck('edited');
    deactivated = await aScheduledCheck('deactivated');
    deleted = await aScheduledCheck('deleted');
    steady = await aScheduledCheck('steady');
  } catch (error) {
    console.error(fleet.logs());
    throw error;
  }
});

beforeEach(() => { onTestFailed(() => { console.error(fleet.logs()); }); });

afterAll(() => fleet?.end());

async function aTarget(): Promise<LoggedTarget> {
  const started = await startLoggedTarget();
  fleet.onEnd(() => started.close());
  return started;
}

async function aScheduledCheck(name: string): Promise<{ id: string; target: LoggedTarget }> {
  const its = await aTarget();
  return { ...await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(its.port, { name })), target: its };
}

async function agentNamed(name: string): Promise<Agent | undefined> {
  return (await fleet.api.must<readonly Agent[]>('GET', '/v1/agents')).find((agent) => agent.name === name);
}

function resultsOf(checkId: string, query = ''): Promise<readonly CheckResultWire[]> {
  return fleet.api.must('GET', `/v1/check-results/${checkId}?limit=100${query}`);
}

function put(id: string, port: number, changes: Readonly<Record<string, unknown>>): Promise<{ revision?: number }> {
  return fleet.api.must('PUT', `/v1/checks/${id}`, aCheckBody(port, changes));
}

test('a new check runs once at once, long before its first slot, and its result tells everything', async () => {
  const { id } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(target.port, RARELY));
  const result = await eventually('the deploy run', async () => (await resultsOf(id))[0]);
  expect(result).toMatchObject({
    checkId: id, hasFailures: false, hasErrors: false, isDegraded: false, runLocation: 'loc-1', attempts: 1, resultType: 'FINAL',
    tcpCheckResult: {
      request: { hostname: '127.0.0.1', port: target.port }, resolvedAddress: '127.0.0.1', established: true, bytesSent: 6, bytesReceived: 6,
      error: null, outcome: 'passed', trigger: 'deploy', locations: { owed: 'loc-1', executed: 'loc-1' }, checkRevision: 1,
      assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'PONG', passed: true, actual: 'PONG\r\n' }],
    },
  });
  const { timings, timingPhases, agentId } = result.tcpCheckResult;
  expect(timings.dns + timings.connect + timings.tls + timings.send + timings.firstByte + timings.data).toBe(timings.total);
  expect(timings.connect).toBeGreaterThan(0);
  expect(Object.keys(timingPhases).sort()).toEqual(['connection', 'data', 'dns', 'total']);
  expect(agentId).toBe((await agentNamed('first'))!.id);

  const page = await fleet.api.must<{ length: number; entries: readonly CheckResultWire[]; nextId: string | null }>('GET', `/v2/check-results/${id}`);
  expect(page).toMatchObject({ length: 1, nextId: null, entries: [{ id: result.id }] });
  expect(await fleet.api.must('GET', `/v1/check-results/${id}/${result.id}`)).toMatchObject({ id: result.id, tcpCheckResult: { outcome: 'passed' } });
  expect(await fleet.api.must('GET', '/v1/check-statuses')).toContainEqual(expect.objectContaining({ checkId: id, hasFailures: false, hasErrors: false }));
});

test('run now of a saved check answers with its result, which is stored', async () => {
  const { id } = await fleet.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(target.port, RARELY));
  const result = await fleet.api.must<CheckResultWire>('POST', `/v1/checks/${id}/run`, { location: 'loc-1' });
  expect(result).toMatchObject({ checkId: id, hasFailures: false, tcpCheckResult: { trigger: 'manual', outcome: 'passed', checkRevision: 1 } });
  await eventually('the manual run to be stored', async () => (await resultsOf(id, '&trigger=manual')).some((stored) => stored.id === result.id));
});

test('run now of a definition that is not saved answers with its result, which is stored nowhere', async () => {
  const { request } = aCheckBody(target.port);
  const before = target.connectionsAtMs.length;
  const answer = await fleet.api.send('POST', '/v1/checks/tcp/run', { request, location: 'loc-1' });
  expect(answer).toMatchObject({ status: 200, body: { checkId: null, hasFailures: false, tcpCheckResult: { outcome: 'passed', response: { text: 'PONG\r\n', isTruncated: false } } } });
  expect(target.connectionsAtMs.length).toBe(before + 1);
  const { results } = await readStoredFacts(fleet.pool);
  expect(results.map(({ runId }) => runId)).not.toContain((answer.body as { id: string }).id);
});

test('run now against a closed port is an answer, not an error of the API', async () => {
  const gone = await startLoggedTarget();
  await gone.close();
  const { request } = aCheckBody(gone.port);
  const answer = await fleet.api.send('POST', '/v1/checks/tcp/run', { request, location: 'loc-1' });
  expect(answer).toMatchObject({ status: 200, body: { hasFailures: true, tcpCheckResult: { outcome: 'failed', error: { phase: 'connect', code: 'ECONNREFUSED' } } } });
});

test('run now where no agent is connected is refused with 503 and a sentence', async () => {
  const { request } = aCheckBody(target.port);
  const answer = await fleet.api.send('POST', '/v1/checks/tcp/run', { request, location: 'empty' });
  expect(answer).toMatchObject({ status: 503, body: { statusCode: 503, message: "no agent is connected in location 'empty'" } });
});

test('an agent with a wrong location key says why it waits, and goes on trying', async () => {
  const line = await eventually('the stranger to be rejected', async () => stranger.output.split('\n').find((text) => text.includes('rejected this agent')));
  expect(JSON.parse(line)).toMatchObject({ kind: 'rejected', code: 'unknown_key', msg: expect.stringContaining('no location has this key') });
  expect(stranger.isRunning).toBe(true);
  expect(await agentNamed('stranger')).toBeUndefined();
});

test('a check that was deactivated, and one that was deleted, have no slot any more', async () => {
  for (const check of [deactivated, deleted]) {
    await eventually('a scheduled result', async () => (await resultsOf(check.id, '&trigger=schedule')).length > 0, { withinMs: 20_000, everyMs: 250 });
  }
  await put(deactivated.id, deactivated.target.port, { name: 'deactivated', activated: false });
  expect(await fleet.api.send('DELETE', `/v1/checks/${deleted.id}`)).toEqual({ status: 204, body: null });
  expect(await fleet.api.send('GET', `/v1/checks/${deleted.id}`)).toMatchObject({ status: 404 });
  expect(await fleet.api.must('GET', `/v1/checks/${deactivated.id}`)).toMatchObject({ activated: false });
  // That none was run since is told by the last test of this file, some slots later.
});

test('an edit keeps the phase, and results name the revision they were run under', async () => {
  const ofRevision = async (revision: number) => (await resultsOf(edited.id, '&trigger=schedule')).filter(({ tcpCheckResult }) => tcpCheckResult.checkRevision === revision);
  await eventually('a scheduled result', async () => (await ofRevision(1)).length > 0, { withinMs: 20_000, everyMs: 250 });
  const other = await aTarget();
  await put(edited.id, other.port, { name: 'edited' });
  await eventually('a scheduled result of the edited check', async () => (await ofRevision(2)).length > 0, { withinMs: 20_000, everyMs: 250 });
  const dueAtsMs = [...await ofRevision(1), ...await ofRevision(2)].map(({ tcpCheckResult }) => Date.parse(tcpCheckResult.dueAt));
  expect(new Set(dueAtsMs.map((dueAtMs) => dueAtMs % INTERVAL_MS))).toEqual(new Set([phaseMs(edited.id, INTERVAL_MS)]));
  expect(new Set(dueAtsMs).size).toBe(dueAtsMs.length);
  expect(other.connectionsAtMs.length).toBeGreaterThan(0);
});

/** Resolves when the agent has run every one of these checks, by a slot due after now. */
async function allRunBy(agentId: string, checks: readonly { readonly id: string }[]): Promise<void> {
  const sinceMs = Date.now();
  await eventually(`agent ${agentId} to run every check`, async () => {
    const { results } = await readStoredFacts(fleet.pool);
    return checks.every(({ id }) => results.some((result) => result.checkId === id && result.agentId === agentId && result.trigger === 'schedule' && result.dueAtMs > sinceMs));
  }, { withinMs: 40_000, everyMs: 250 });
}

test('an agent that is drained hands over without a missing or a double slot, and is put back to work', async () => {
  const { id: firstId } = (await agentNamed('first'))!;
  await fleet.api.must('POST', `/v1/agents/${firstId}/drain`);
  expect(await agentNamed('first')).toMatchObject({ connected: true, inRoster: true, state: 'draining' });
  await fleet.startAgent('second', locationKey);
  await eventually('the first agent to be drained', async () => (await agentNamed('first'))!.state === 'drained', { withinMs: 30_000, everyMs: 250 });
  await allRunBy((await agentNamed('second'))!.id, [steady, edited]);
  expect(await agentNamed('first')).toMatchObject({ connected: true, inRoster: false, state: 'drained' });
  const { results, gaps } = await readStoredFacts(fleet.pool);
  expect(gaps.filter(({ checkId }) => checkId === steady.id)).toEqual([]);
  const dueAtsMs = results.filter(({ checkId, trigger }) => checkId === steady.id && trigger === 'schedule').map(({ dueAtMs }) => dueAtMs);
  expect(dueAtsMs).toEqual(dueAtsMs.map((_, n) => dueAtsMs[0]! + n * INTERVAL_MS));
  await fleet.api.must('DELETE', `/v1/agents/${firstId}/drain`);
  await eventually('the first agent to have a share again', async () => { const agent = (await agentNamed('first'))!; return agent.state === 'active' && agent.inRoster; });
});

test('a second agent of a location doubles nothing, and runs all of its checks when the first is killed', async () => {
  const { id: secondId } = (await agentNamed('second'))!;
  const live = [steady, edited];
  for (const { id } of live) await eventually('a scheduled result', async () => (await resultsOf(id, '&trigger=schedule')).length > 0, { withinMs: 20_000, everyMs: 250 });

  await firstAgent.kill9();
  await allRunBy(secondId, live);
  const runs = (await readStoredFacts(fleet.pool)).results.filter(({ trigger }) => trigger === 'schedule').map(({ checkId, dueAtMs, locationOwed }) => `${checkId} ${dueAtMs} ${locationOwed}`);
  expect(new Set(runs).size).toBe(runs.length);
});

test('by now, nothing was run for what was switched off, and the stranger still tries', async () => {
  // A slot of each has passed since, or this has shown nothing.
  await eventually('a slot of what is switched off to pass', async () => {
    const { epochs: now } = await readStoredFacts(fleet.pool);
    return [deactivated, deleted].every(({ id }) => Date.now() > now.get(id)!.at(-1)!.fromAtMs + INTERVAL_MS);
  }, { withinMs: 30_000, everyMs: 250 });
  const { epochs, results } = await readStoredFacts(fleet.pool);
  for (const { id, target: its } of [deactivated, deleted]) {
    const last = epochs.get(id)!.at(-1)!;
    expect(last.active).toBe(false);
    const runs = results.filter(({ checkId }) => checkId === id);
    expect(runs.filter(({ dueAtMs }) => dueAtMs >= last.fromAtMs)).toEqual([]);
    expect(its.connectionsAtMs.length).toBe(runs.length);
  }
  expect(stranger.isRunning).toBe(true);
});
