import { expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aResult, AN_ACCOUNT } from '#shared/testing/results.ts';
import { ResultIngest } from './ingest-results.ts';
import type { IngestRow } from './ports.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

function rows(count: number, from = 0): IngestRow[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'result' as const, accountId: AN_ACCOUNT, agentId: 'a', isSurplus: false, result: aResult({ dueAtMs: from + index }),
  }));
}

function anIngest(commit: (rows: readonly IngestRow[]) => Promise<void> = async () => {}) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const batches: number[] = [];
  const store = {
    async ingest(batch: readonly IngestRow[]) {
      batches.push(batch.length);
      await commit(batch);
      return { inserted: batch.length, duplicates: 0 };
    },
  };
  return { clock, stop, batches, ingest: new ResultIngest({ store, clock, log, signal: stop.signal }) };
}

test('what several agents send within a moment is committed together', async () => {
  const { clock, batches, ingest } = anIngest();
  const done = Promise.all([ingest.put(rows(3)), ingest.put(rows(4)), ingest.put(rows(5))]);
  await clock.advance(20);
  await done;
  expect(batches).toEqual([12]);
});

test('where commits take long, what comes meanwhile is gathered as long, up to a tenth of a second', async () => {
  for (const { commitMs, gatheredMs } of [{ commitMs: 5, gatheredMs: 20 }, { commitMs: 60, gatheredMs: 60 }, { commitMs: 5_000, gatheredMs: 100 }]) {
    const { clock, batches, ingest } = anIngest(() => new Promise<void>((resolve) => { clock.setTimer(commitMs, resolve); }));
    void ingest.put(rows(1));
    await clock.advance(20 + commitMs);
    void ingest.put(rows(2));
    await clock.advance(gatheredMs - 1);
    expect(batches).toEqual([1]);
    await clock.advance(1);
    expect(batches).toEqual([1, 2]);
  }
});

test('a full batch does not wait', async () => {
  const { batches, ingest } = anIngest();
  await ingest.put(rows(2_000));
  expect(batches).toEqual([2_000]);
});

test('nobody is acknowledged before the commit, and the same rows are tried until it succeeds', async () => {
  let away = true;
  const { clock, batches, ingest } = anIngest(async () => { if (away) throw new Error('Postgres is away'); });
  let acknowledged = false;
  const put = ingest.put(rows(7)).then(() => { acknowledged = true; });
  await clock.advance(2_000);
  expect(batches.length).toBeGreaterThan(2);
  expect(new Set(batches)).toEqual(new Set([7]));
  expect(acknowledged).toBe(false);
  away = false;
  await clock.advance(5_000);
  await put;
  expect(acknowledged).toBe(true);
  expect(ingest.counts.inserted).toBe(7);
});

test('a fresh result is committed before a backlog that came earlier, and the backlog goes on however much is live', async () => {
  const gates: (() => void)[] = [];
  const { ingest, clock } = anIngest(() => new Promise<void>((resolve) => { gates.push(resolve); }));
  const order: string[] = [];
  const put = (name: string, lane: 'live' | 'backfill'): void => { void ingest.put(rows(1_000), lane).then(() => order.push(name)); };
  for (let n = 0; n < 24; n += 1) put(`old ${n}`, 'backfill');
  for (let n = 0; n < 20; n += 1) put(`new ${n}`, 'live');
  while (order.length < 44) {
    gates.shift()?.();
    await clock.advance(20);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  const last = order.lastIndexOf('new 19');
  expect(order.slice(0, last).filter((name) => name.startsWith('old')).length).toBeLessThan(16);
  // Two commits of old ones were under way already.
  expect(order.slice(2, last).some((name) => name.startsWith('old'))).toBe(true);
  for (const kind of ['old', 'new']) expect(order.filter((name) => name.startsWith(kind)).map((name) => Number(name.slice(4)))).toEqual(Array.from({ length: kind === 'old' ? 24 : 20 }, (_, n) => n));
});

test('at most two writers are at work, and far too much waiting is refused rather than kept', async () => {
  let busy = 0;
  let busyMax = 0;
  const gates: (() => void)[] = [];
  const { ingest } = anIngest(async () => {
    busy += 1;
    busyMax = Math.max(busyMax, busy);
    await new Promise<void>((resolve) => { gates.push(resolve); });
    busy -= 1;
  });
  const puts = Array.from({ length: 40 }, (_, index) => ingest.put(rows(2_000, index * 2_000)).then(() => 'taken', () => 'refused'));
  const open = setInterval(() => gates.shift()?.(), 0);
  const answers = await Promise.all(puts);
  clearInterval(open);
  expect(busyMax).toBe(2);
  expect(answers).toContain('refused');
  expect(answers.filter((answer) => answer === 'taken').length).toBeGreaterThan(25);
});
