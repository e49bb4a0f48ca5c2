import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aStore, type AStore } from './testing/a-store.ts';
import { aReport, aResultRow, aWorld, NOON, type World } from './testing/rows.ts';

const MINUTE_MS = 60_000;
const SILENT = { outcome: 'failed', failure: { phase: 'connect', code: 'SOCKET_TIMEOUT', message: 'no answer' }, report: aReport({ established: false }) } as const;
const REFUSED = { outcome: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'refused' }, report: aReport({ established: false }) } as const;

let at: AStore;
let world: World;
let elsewhereId: string;
let hints: string[] = [];

beforeAll(async () => {
  at = await aStore();
  world = await aWorld(at.store);
  const [elsewhere] = await at.store.ensureLocations([{ code: 'local-2', name: 'Local 2' }]);
  elsewhereId = elsewhere!.id;
  await at.store.ensurePartitions(NOON, NOON);
  // Those with a location are of windows; marks of the judge's own bring others.
  at.client.on('notification', ({ payload }) => { if (payload) hints.push(payload); });
  await at.client.query('listen sonde_judge');
});
afterAll(() => at?.end());
beforeEach(async () => {
  hints = [];
  await at.client.query('delete from impaired_windows; delete from agent_witnesses; delete from results');
});

/** What is told arrives before the answer of a later query on the same connection. */
const heardHints = async (): Promise<readonly string[]> => { await at.client.query('select 1'); return hints; };

describe('impaired windows in Postgres', () => {
  const window = () => ({ locationId: world.locationId, agentId: world.agentId, fromMs: NOON });

  it('open once, close, and are withdrawn, each change a hint to the judge', async () => {
    await at.store.openImpairedWindow({ ...window(), toMs: null, reason: { targetsSilent: 3 } });
    await at.store.openImpairedWindow({ ...window(), toMs: null, reason: { targetsSilent: 3 } });
    expect(await at.store.windowsOfAgent(world.locationId, world.agentId)).toEqual([{ ...window(), toMs: null, isWithdrawn: false }]);
    await at.store.closeImpairedWindow({ ...window(), toMs: NOON + MINUTE_MS });
    await at.store.closeImpairedWindow({ ...window(), toMs: NOON + 2 * MINUTE_MS });
    expect(await at.store.windowsOfAgent(world.locationId, world.agentId)).toEqual([{ ...window(), toMs: NOON + MINUTE_MS, isWithdrawn: false }]);
    await at.store.withdrawImpairedWindow(window());
    await at.store.withdrawImpairedWindow(window());
    expect(await at.store.windowsOfAgent(world.locationId, world.agentId)).toMatchObject([{ isWithdrawn: true }]);
    expect(await heardHints()).toEqual([world.locationId, world.locationId, world.locationId]);
  });

  it('are found by the span they hold for, open ends and all, unless withdrawn', async () => {
    const of = (fromMs: number, toMs: number) => at.store.impairedWindows([world.locationId], fromMs, toMs);
    await at.store.openImpairedWindow({ ...window(), toMs: NOON + MINUTE_MS, reason: {} });
    await at.store.openImpairedWindow({ ...window(), fromMs: NOON + 5 * MINUTE_MS, toMs: null, reason: {} });
    expect((await of(NOON - MINUTE_MS, NOON)).length).toBe(0);
    expect((await of(NOON, NOON + 1)).length).toBe(1);
    expect((await of(NOON + MINUTE_MS, NOON + 5 * MINUTE_MS)).length).toBe(0);
    expect((await of(NOON, NOON + 100 * MINUTE_MS)).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[NOON, NOON + MINUTE_MS], [NOON + 5 * MINUTE_MS, null]]);
    expect(await at.store.impairedWindows([elsewhereId], NOON, NOON + MINUTE_MS)).toEqual([]);
    expect(await at.store.impairedWindows([], NOON, NOON + MINUTE_MS)).toEqual([]);
    await at.store.withdrawImpairedWindow(window());
    expect((await of(NOON, NOON + 1)).length).toBe(0);
  });

  it('show in the list of agents, with the state of the witnesses', async () => {
    const agentId = randomUUID();
    await at.store.openSession({ agentId, instanceId: randomUUID(), name: 'agent', locationId: world.locationId, version: '1', capacity: 64 });
    const shown = async () => (await at.store.listAgents(world.accountId)).find(({ id }) => id === agentId);
    expect(await shown()).toMatchObject({ impaired: false, witnesses: { state: 'none', sinceMs: null, answering: 0, total: 0 } });
    const row = { locationId: world.locationId, agentId, state: 'ok', sinceMs: NOON, answering: 2, total: 2 } as const;
    await at.store.noteWitnesses([row]);
    await at.store.noteWitnesses([{ ...row, state: 'failing', answering: 0 }]);
    await at.store.openImpairedWindow({ locationId: world.locationId, agentId, fromMs: NOON, toMs: null, reason: {} });
    expect(await shown()).toMatchObject({ impaired: true, witnesses: { state: 'failing', sinceMs: NOON, answering: 0, total: 2 } });
  });
});

describe('what others saw of the same targets', () => {
  const seen = () => at.store.seenElsewhere({ locationId: world.locationId, agentId: world.agentId, fromMs: NOON, toMs: NOON + MINUTE_MS });
  const otherAgent = randomUUID();
  const byOther = (changes: Parameters<typeof aResultRow>[1], agentId = otherAgent) => ({ ...aResultRow(world, { locationExecuted: elsewhereId, locationOwed: elsewhereId, ...changes }), agentId });

  it('counts a target others did not reach, unless one of them did; a refusal reaches', async () => {
    await at.store.ingest([aResultRow(world, SILENT)]);
    expect(await seen()).toEqual({ silent: 0, reached: 0 });
    await at.store.ingest([byOther(SILENT)]);
    expect(await seen()).toEqual({ silent: 1, reached: 0 });
    await at.store.ingest([byOther(REFUSED)]);
    expect(await seen()).toEqual({ silent: 0, reached: 1 });
  });

  it('leaves out what was seen at another time, or by an agent that is itself without witnesses or impaired', async () => {
    const [blind, impaired] = [randomUUID(), randomUUID()];
    await at.store.noteWitnesses([{ locationId: elsewhereId, agentId: blind, state: 'failing', sinceMs: NOON, answering: 0, total: 1 }]);
    await at.store.openImpairedWindow({ locationId: elsewhereId, agentId: impaired, fromMs: NOON - 1, toMs: NOON + 1, reason: {} });
    await at.store.ingest([byOther({ ...SILENT, dueAtMs: NOON - 1 }), byOther({ ...SILENT, dueAtMs: NOON + MINUTE_MS + 1 }), byOther(SILENT, blind), byOther(SILENT, impaired)]);
    expect(await seen()).toEqual({ silent: 0, reached: 0 });
  });
});
