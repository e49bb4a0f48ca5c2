import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EPOCH_LEAD_MS } from '#shared/schedule/epoch.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, type World } from './testing/rows.ts';

describe('checks', () => {
  let at: AStore;
  let world: World;
  let locationIds: readonly string[];

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    locationIds = (await at.store.ensureLocations([{ code: 'local-1', name: 'Local 1' }, { code: 'local-2', name: 'Local 2' }])).map(({ id }) => id);
  });
  afterAll(() => at?.end());

  const create = (changes = {}, key: string | null = null) => at.store.createCheck(world.accountId, randomUUID(), aCheck(changes), key);
  async function epochsOf(checkId: string) {
    const { checks } = await at.store.loadConfig(0);
    return checks.find((check) => check.checkId === checkId)!.epochs;
  }
  async function nowMs(): Promise<number> {
    const { rows } = await at.client.query<{ now: string }>('select extract(epoch from clock_timestamp()) * 1000 as now');
    return Number(rows[0]!.now);
  }

  it('come back as they were written', async () => {
    const check = aCheck({ name: 'ümlaut', tags: ['a', 'env:prod'], request: aRequest({ data: 'nul \u0000 and lone \ud800', port: 22 }) });
    const created = await at.store.createCheck(world.accountId, randomUUID(), check, null);
    expect(created).toMatchObject({ revision: 1, accountId: world.accountId, check });
    expect(await at.store.getCheck(world.accountId, created.id)).toEqual(created);
  });

  it('begin with an epoch that lies after the commit, in the order the user chose', async () => {
    const beforeMs = await nowMs();
    const { id } = await create({ locations: ['local-2', 'local-1'], frequency: 0, frequencyOffset: 10, runParallel: true });
    const afterMs = await nowMs();
    const [epoch, ...more] = await epochsOf(id);
    expect(more).toEqual([]);
    expect(epoch).toMatchObject({ intervalMs: 10_000, strategy: 'parallel', order: [locationIds[1], locationIds[0]], active: true });
    expect(epoch!.fromAtMs).toBeGreaterThanOrEqual(beforeMs + EPOCH_LEAD_MS);
    // Within two seconds of the commit it is in effect.
    expect(epoch!.fromAtMs).toBeLessThan(afterMs + 2_000);
    expect(Number.isInteger(epoch!.fromAtMs)).toBe(true);
  });

  it('are not written at all when a location is unknown', async () => {
    const id = randomUUID();
    const before = await at.store.configRevision();
    await expect(at.store.createCheck(world.accountId, id, aCheck({ locations: ['local-1', 'mars'] }), null)).rejects.toThrow('there is no public location mars');
    expect(await at.store.getCheck(world.accountId, id)).toBeNull();
    expect(await at.store.configRevision()).toBe(before);
  });

  it('repeated with the same idempotency key are the same check, also at the same time', async () => {
    const key = randomUUID();
    const made = await Promise.all([create({ name: 'once' }, key), create({ name: 'once' }, key), create({ name: 'once' }, key)]);
    const again = await create({ name: 'twice' }, key);
    expect(new Set([...made, again].map(({ id }) => id)).size).toBe(1);
    expect((await at.store.listChecks(world.accountId, { limit: 100, page: 1, search: 'once' })).total).toBe(1);
  });

  it('keep their epoch when an edit leaves the schedule alone, and get one more when it does not', async () => {
    const { id } = await create();
    const edited = await at.store.replaceCheck(world.accountId, id, aCheck({ name: 'renamed' }), 1);
    expect(edited).toMatchObject({ revision: 2, check: { name: 'renamed' } });
    expect(await epochsOf(id)).toHaveLength(1);
    await at.store.replaceCheck(world.accountId, id, aCheck({ frequency: 5 }), null);
    await at.store.replaceCheck(world.accountId, id, aCheck({ frequency: 6 }), null);
    const epochs = await epochsOf(id);
    expect(epochs.map(({ intervalMs }) => intervalMs)).toEqual([600_000, 300_000, 360_000]);
    expect(epochs.toSorted((a, b) => a.fromAtMs - b.fromAtMs)).toEqual(epochs);
    expect(new Set(epochs.map(({ fromAtMs }) => fromAtMs)).size).toBe(3);
  });

  it('refuse an edit of another revision, and leave no trace of it', async () => {
    const { id } = await create();
    const before = await at.store.configRevision();
    expect(await at.store.replaceCheck(world.accountId, id, aCheck({ name: 'late' }), 7)).toBe('conflict');
    expect(await at.store.replaceCheck(world.accountId, randomUUID(), aCheck(), null)).toBe('not_found');
    expect(await at.store.configRevision()).toBe(before);
  });

  it('of edits at the same time with If-Match one wins', async () => {
    const { id } = await create();
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => at.store.replaceCheck(world.accountId, id, aCheck({ name }), 1)));
    expect(answers.filter((answer) => answer === 'conflict')).toHaveLength(3);
    const { rows } = await at.client.query('select revision from check_revisions where check_id = $1 order by 1', [id]);
    expect(rows).toEqual([{ revision: 1 }, { revision: 2 }]);
  });

  it('end with an inactive epoch when they are deleted, and stay in the config as deleted', async () => {
    const { id } = await create();
    expect(await at.store.deleteCheck(world.accountId, id)).toBe(true);
    expect(await at.store.deleteCheck(world.accountId, id)).toBe(false);
    expect(await at.store.getCheck(world.accountId, id)).toBeNull();
    expect((await epochsOf(id)).map(({ active }) => active)).toEqual([true, false]);
    expect((await at.store.loadConfig(0)).checks.find(({ checkId }) => checkId === id)?.isDeleted).toBe(true);
  });

  it('are listed oldest first, by page, tag and text, with their total', async () => {
    const names = ['list-a', 'list-b', 'list-c', 'list_%'];
    for (const name of names) await create({ name, tags: name === 'list-b' ? ['env:prod'] : [] });
    const page = await at.store.listChecks(world.accountId, { limit: 2, page: 2, search: 'LIST' });
    expect([page.entries.map(({ check }) => check.name), page.total]).toEqual([['list-c', 'list_%'], 4]);
    expect((await at.store.listChecks(world.accountId, { limit: 9, page: 1, search: 't_%' })).entries.map(({ check }) => check.name)).toEqual(['list_%']);
    expect((await at.store.listChecks(world.accountId, { limit: 9, page: 1, tag: 'env:prod', search: 'list' })).entries.map(({ check }) => check.name)).toEqual(['list-b']);
  });
});
