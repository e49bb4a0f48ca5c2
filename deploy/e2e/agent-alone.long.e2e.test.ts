/** An agent that is started again while there is no coordinator goes on with what it was told before. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { aCheckBody } from './testing/api.ts';
import { eventually, pause } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget, type LoggedTarget } from './testing/logged-target.ts';
import type { NodeProcess } from './testing/node-process.ts';
import { readStoredFacts } from './testing/stored-facts.ts';

/** Every 10 s each: one is due every other second. */
const CHECKS = 6;
/** A change is on disk within two seconds. */
const KEPT_WITHIN_MS = 2_500;
const SECRET = 'PASS hunter2';

let fleet: Fleet;
let target: LoggedTarget;
let agent: NodeProcess;

const timetable = (): string => readFileSync(join(fleet.dir, 'agents', 'alone', 'timetable'), 'latin1');
const readyz = async (): Promise<{ status: number; body: { assignments: number; isConnected: boolean } }> => {
  const answer = await fetch(`${(await agent.ready()).httpUrl}/readyz`);
  return { status: answer.status, body: await answer.json() as { assignments: number; isConnected: boolean } };
};

beforeAll(async () => {
  fleet = await Fleet.open();
  target = await startLoggedTarget();
  fleet.onEnd(() => target.close());
});

afterAll(() => fleet?.end());

test('an agent killed and started again without a coordinator probes on from disk, and all it saw is delivered later, once', { retry: 0 }, async () => {
  onTestFailed(() => { console.error(fleet.logs()); });
  const coordinator = await fleet.startCoordinator();
  const locationKey = await fleet.addLocation('loc-1');
  agent = await fleet.startAgent('alone', locationKey);
  const { request } = aCheckBody(target.port) as { request: object };
  for (let index = 0; index < CHECKS; index += 1) await fleet.api.must('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: `check ${index}`, request: { ...request, data: SECRET } }));
  await eventually('all checks to be held, and then to be kept on disk', async () => (await readyz()).body.assignments === CHECKS, { withinMs: 20_000 });
  await pause(KEPT_WITHIN_MS);
  expect(timetable()).not.toContain('hunter2');

  await coordinator.kill9();
  await agent.kill9();
  const seenBefore = target.connectionsAtMs.length;
  const restartedAtMs = Date.now();
  agent = await fleet.startAgent('alone', locationKey);
  await eventually('probes without any coordinator', async () => target.connectionsAtMs.length >= seenBefore + CHECKS, { withinMs: 30_000 });
  expect(agent.output).toContain('running what was kept from before');
  expect(await readyz()).toMatchObject({ status: 200, body: { assignments: CHECKS, isConnected: false } });

  await fleet.startCoordinator();
  await eventually('every connection to be a stored result', async () => {
    const { results } = await readStoredFacts(fleet.pool);
    const seen = target.connectionsAtMs.filter((atMs) => atMs >= restartedAtMs).length;
    return results.filter(({ dueAtMs, latenessUs }) => dueAtMs + latenessUs / 1000 >= restartedAtMs).length === seen && (await readyz()).body.isConnected;
  }, { withinMs: 30_000, everyMs: 250 });
  const { results } = await readStoredFacts(fleet.pool);
  const keys = results.map(({ runId, attempt }) => `${runId} ${attempt}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(results.filter(({ dueAtMs }) => dueAtMs >= restartedAtMs).every(({ outcome }) => outcome === 'passed')).toBe(true);
});
