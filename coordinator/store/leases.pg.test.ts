import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aStore, type AStore } from './testing/a-store.ts';

const TTL_MS = 60_000;

describe('a lease', () => {
  let at: AStore;

  beforeAll(async () => { at = await aStore(); });
  afterAll(() => at?.end());

  /** As if its time had gone by. */
  const runOut = (name: string) => at.client.query(`update leases set expires_at = clock_timestamp() - interval '1 second' where name = $1`, [name]);

  it('is one holder’s, who may prolong it under the same token, until it runs out', async () => {
    const first = await at.store.acquireLease('one', 'a', TTL_MS);
    expect(first).toMatchObject({ name: 'one', holder: 'a', token: 1, ttlMs: TTL_MS });
    expect(await at.store.acquireLease('one', 'b', TTL_MS)).toBeNull();
    expect((await at.store.acquireLease('one', 'a', TTL_MS))!.token).toBe(1);
    await runOut('one');
    expect(await at.store.acquireLease('one', 'b', TTL_MS)).toMatchObject({ holder: 'b', token: 2 });
    expect(await at.store.acquireLease('one', 'a', TTL_MS)).toBeNull();
  });

  it('that had run out gets a new token, even for the same holder: others may have held it', async () => {
    await at.store.acquireLease('same', 'a', TTL_MS);
    await runOut('same');
    expect((await at.store.acquireLease('same', 'a', TTL_MS))!.token).toBe(2);
  });

  it('is given to one of many that ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 12 }, (_, index) => at.store.acquireLease('crowd', `c${index}`, TTL_MS)));
    expect(asked.filter((lease) => lease !== null)).toHaveLength(1);
  });

  it('ends early when it is given back, but not by one who has lost it', async () => {
    const mine = (await at.store.acquireLease('back', 'a', TTL_MS))!;
    await at.store.releaseLease(mine);
    const theirs = (await at.store.acquireLease('back', 'b', TTL_MS))!;
    expect(theirs.token).toBe(2);
    await at.store.releaseLease(mine);
    expect(await at.store.acquireLease('back', 'c', TTL_MS)).toBeNull();
  });

  it('tells Postgres’ time', async () => {
    const { rows: [before] } = await at.client.query<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms');
    const { nowMs } = (await at.store.acquireLease('time', 'a', TTL_MS))!;
    const { rows: [after] } = await at.client.query<{ ms: string }>('select extract(epoch from clock_timestamp()) * 1000 as ms');
    expect(nowMs).toBeGreaterThanOrEqual(Number(before!.ms));
    expect(nowMs).toBeLessThanOrEqual(Number(after!.ms));
  });

  it('that has passed on moves the mark of closed slots no more, and nobody moves it back', async () => {
    const before = await at.store.closedThroughMs();
    const old = (await at.store.acquireLease('closer', 'a', TTL_MS))!;
    expect(await at.store.moveClosedThrough(old, before + 1_000)).toBe(true);
    await runOut('closer');
    const current = (await at.store.acquireLease('closer', 'b', TTL_MS))!;
    expect(await at.store.moveClosedThrough(old, before + 9_000)).toBe(false);
    expect(await at.store.moveClosedThrough(current, before + 2_000)).toBe(true);
    expect(await at.store.moveClosedThrough(current, before + 500)).toBe(true);
    expect(await at.store.closedThroughMs()).toBe(before + 2_000);
    await runOut('closer');
    expect(await at.store.moveClosedThrough(current, before + 9_000)).toBe(false);
  });
});
