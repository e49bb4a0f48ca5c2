import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountMetrics } from '../prometheus/account-metrics.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, type World } from './testing/rows.ts';

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;

describe('counters for Prometheus', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  /** Every counter line with its value, but for gauges. */
  async function counters(): Promise<ReadonlyMap<string, number>> {
    const text = [...accountMetrics(await at.store.readAccountFacts(world.accountId), { disableTagParsing: false, locationLabelEnabled: true, includeRetryAttempts: true })].join('');
    const lines = text.split('\n').filter((line) => /^checkly_(check_result_total|tcp_monitor_timing_seconds_)/.test(line));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
  }

  it('never go back: not when days are folded, late rows come, or retention takes what they were made of', async () => {
    let before = await counters();
    const look = async (): Promise<number> => {
      const now = await counters();
      for (const [line, value] of before) expect([line, now.get(line)! >= value]).toEqual([line, true]);
      before = now;
      return [...now].filter(([line]) => line.startsWith('checkly_check_result_total')).reduce((sum, [, value]) => sum + value, 0);
    };
    const ingest = async (daysAgo: number, ...outcomes: ('passed' | 'failed')[]): Promise<void> => {
      await at.store.ingest(outcomes.map((outcome, index) => aResultRow(world, { dueAtMs: TODAY - daysAgo * DAY_MS + index * 60_000, outcome, attempt: outcome === 'failed' ? 2 : 1 })));
      while ((await at.store.rollUpMarked()).marks > 0);
    };
    await ingest(9, 'passed', 'failed');
    await ingest(5, 'passed', 'passed');
    await ingest(0, 'passed');
    expect(await look()).toBe(6);
    const fold = async (daysAgo: number): Promise<number> => {
      let days = 0;
      while (await at.store.foldCounters(TODAY - daysAgo * DAY_MS)) days += 1;
      return days;
    };
    expect(await fold(6)).toBe(1);
    expect(await look()).toBe(6);
    expect(await fold(2)).toBe(1);
    expect(await fold(2)).toBe(0);
    expect(await look()).toBe(6);
    await at.client.query(`delete from rollups_daily where at < $1`, [new Date(TODAY - 2 * DAY_MS)]);
    expect(await look()).toBe(6);
    await ingest(1, 'failed');
    expect(await look()).toBe(8);
    expect([...before].find(([line]) => line.includes('_count{') && line.includes('type="total"'))![1]).toBe(4);
  });
});
