import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aWorld, type World } from './testing/rows.ts';

describe('the config', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  it('of concurrent writers commits revisions in their order: whoever saw n misses nothing up to n', async () => {
    const since = await at.store.configRevision();
    const writers = Array.from({ length: 24 }, (_, index) => at.store.createCheck(world.accountId, randomUUID(), aCheck({ name: `w${index}` }), null));
    const seen = new Set<string>();
    let revision = since;
    const follow = (async () => {
      while (revision < since + 24) {
        const delta = await at.store.loadConfig(revision);
        // Everything of a revision comes with the first look that knows of it, never later.
        for (const check of delta.checks) seen.add(check.checkId);
        expect(seen.size).toBe(delta.revision - since);
        revision = delta.revision;
      }
    })();
    const made = await Promise.all(writers);
    await follow;
    expect(seen).toEqual(new Set(made.map(({ id }) => id)));
  });

  it('brings only what changed after the revision asked for', async () => {
    const { revision } = await at.store.loadConfig(0);
    expect(await at.store.loadConfig(revision)).toEqual({ revision, checks: [], locations: [], availability: [], rosters: [] });
    const location = await at.store.createLocation({ code: 'eu-west-1', name: 'Ireland' });
    const delta = await at.store.loadConfig(revision);
    expect(delta).toEqual({ revision: revision + 1, checks: [], locations: [location], availability: [], rosters: [] });
  });

  it('keeps the history of availability: no change begins before the last one, nor within a second of its commit', async () => {
    const { revision } = await at.store.loadConfig(0);
    const soon = Date.now() + 60_000;
    const change = (fromAtMs: number, available: boolean) => ({ locationId: world.locationId, fromAtMs, available });
    const before = Date.now();
    await at.store.appendAvailability([change(0, true)]);
    await at.store.appendAvailability([change(soon, true), change(soon + 5_000, false)]);
    await at.store.appendAvailability([change(soon + 1_000, true)]);
    const [late, ...rest] = (await at.store.loadConfig(revision)).availability;
    expect(late!.fromAtMs).toBeGreaterThanOrEqual(before + 1_000);
    expect(rest).toEqual([change(soon, true), change(soon + 5_000, false), change(soon + 5_001, true)]);
  });

  it('refuses a second public location with the same code, also at the same time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => at.store.createLocation({ code: 'us-east-1', name: 'Virginia' })));
    expect(answers.filter((answer) => answer === 'conflict')).toHaveLength(2);
  });

  it('is hinted at when it changes, and again after the connection was cut', async () => {
    const waiting: (() => void)[] = [];
    const hint = () => new Promise<void>((resolve) => { waiting.push(resolve); });
    const first = hint();
    const unsubscribe = at.store.onConfigHint(() => { for (const resolve of waiting.splice(0)) resolve(); });
    await first;
    const change = hint();
    await at.store.createLocation({ code: 'hinted', name: 'Hinted' });
    await change;
    const back = hint();
    const { rowCount } = await at.client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'`);
    expect(rowCount).toBe(1);
    await back;
    const again = hint();
    await at.store.createLocation({ code: 'hinted-again', name: 'Hinted again' });
    await again;
    unsubscribe();
  });
});
