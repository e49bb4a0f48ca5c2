import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Trigger } from '#shared/run/result.ts';
import type { IngestRow } from '../pipeline/ports.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS + 22 * HOUR_MS;

type Run = { readonly slot: number; readonly trigger: Trigger; readonly attempts: number; readonly outcome: Outcome; readonly isSurplus: boolean; readonly hadGap: boolean };
const run: fc.Arbitrary<Run> = fc.record({
  slot: fc.integer({ min: 0, max: 40 }), trigger: fc.constantFrom('schedule', 'retry', 'manual', 'deploy', 'confirm'), attempts: fc.integer({ min: 1, max: 3 }),
  outcome: fc.constantFrom('passed', 'degraded', 'failed', 'agent_fault', 'egress_denied'), isSurplus: fc.boolean(), hadGap: fc.boolean(),
});

describe('usage', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  /** Everything that is delivered of a run: its attempts, of which the last is final, and a gap that a result may replace. */
  function rowsOf(of: World, { slot, trigger, attempts, outcome, isSurplus, hadGap }: Run): readonly IngestRow[] {
    const runId = randomUUID();
    const dueAtMs = START + slot * 450_000;
    const results = Array.from({ length: attempts }, (_, index) => ({
      ...aResultRow(of, { runId, dueAtMs, trigger, attempt: index + 1, isFinal: index + 1 === attempts, outcome: index + 1 === attempts ? outcome : 'failed' }), isSurplus,
    }));
    return [...(hadGap && trigger === 'schedule' ? [gapOf(of, { runId, dueAtMs })] : []), ...results];
  }

  function modelOf(runs: readonly Run[]): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { slot, trigger, attempts, outcome, isSurplus } of runs) {
      if (trigger === 'confirm' || isSurplus) continue;
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        if (attempt === attempts && (outcome === 'agent_fault' || outcome === 'egress_denied')) continue;
        const kind = attempt > 1 || trigger === 'retry' ? 'retry' : trigger === 'schedule' ? 'scheduled' : trigger;
        const key = `${Math.floor((START + slot * 450_000) / DAY_MS)} ${kind}`;
        counts[key] = (counts[key] ?? 0) + 1;
      }
    }
    return counts;
  }

  async function metered(accountId: string): Promise<Readonly<Record<string, number>>> {
    const rows = await at.store.readUsage(accountId, { fromMs: START - DAY_MS, toMs: START + 3 * DAY_MS, unit: 'day' });
    return Object.fromEntries(rows.map(({ atMs, kind, runs }) => [`${atMs / DAY_MS} ${kind}`, runs]));
  }

  it('counts a run that an agent made while it was itself cut off: it was made (rules.md 24)', async () => {
    const of: World = { ...world, accountId: randomUUID(), checkId: randomUUID() };
    await at.store.ingest([aResultRow(of, { dueAtMs: START, outcome: 'failed' })]);
    await at.store.openImpairedWindow({ locationId: of.locationId, agentId: of.agentId, fromMs: START - 1, toMs: START + 1, reason: {} });
    await at.store.rollUpMarked();
    await meter();
    expect(await metered(of.accountId)).toEqual({ [`${Math.floor(START / DAY_MS)} scheduled`]: 1 });
    expect((await at.client.query('select impaired from rollups_daily where check_id = $1', [of.checkId])).rows).toEqual([{ impaired: 1 }]);
  });

  async function meter(): Promise<void> {
    while ((await at.store.meterMarked()).hours > 0);
  }

  it('is what was stored, however late, often or mixed up it came', async () => {
    await fc.assert(fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.nat()), async (runs, chance) => {
      const mine = { ...world, accountId: randomUUID() };
      const next = (below: number): number => chance.next().value % below;
      const all = runs.flatMap((one) => rowsOf(mine, one));
      const waiting = [...all, ...all.filter(() => next(3) === 0)];
      while (waiting.length > 0) {
        const batch = Array.from({ length: Math.min(waiting.length, 1 + next(12)) }, () => waiting.splice(next(waiting.length), 1)[0]!);
        await at.store.ingest(batch);
        if (next(3) === 0) await meter();
      }
      await meter();
      expect(await metered(mine.accountId)).toEqual(modelOf(runs));
    }), { numRuns: 30 });
  });

  it('stays when the rows are gone', async () => {
    const mine = { ...world, accountId: randomUUID() };
    const longAgoMs = START - 40 * DAY_MS;
    await at.client.query(`insert into usage_hourly (account_id, at, check_type, pool, kind, runs, degraded, failed, over_max) values ($1, $2, 'TCP', 'runs', 'scheduled', 77, 0, 0, 0)`, [mine.accountId, new Date(longAgoMs - longAgoMs % HOUR_MS)]);
    await at.store.ingest([aResultRow(mine, { dueAtMs: longAgoMs })]);
    await meter();
    expect((await at.store.readUsage(mine.accountId, { fromMs: longAgoMs - DAY_MS, toMs: START, unit: 'hour' })).map(({ runs }) => runs)).toEqual([77]);
  });

  it('of others is set, not added, and draws on the same quota, of which is told once', async () => {
    const nowMs = Date.now();
    const date = new Date(nowMs).toISOString().slice(0, 10);
    await at.store.setQuota(world.accountId, 'runs', { runsPerMonth: 100, policy: 'continue', warnAtPercent: 80 });
    await at.client.query(`insert into alert_channels (account_id, type, config, auto_subscribe) values ($1, 'EMAIL', '{"address":"ops@example.com"}', true)`, [world.accountId]);
    const told = async (): Promise<readonly string[]> => (await at.client.query(`select payload ->> 'title' as title from notices n join notice_deliveries d on d.notice_id = n.id order by n.created_at`)).rows.map(({ title }) => title);
    const post = async (runs: number): Promise<void> => {
      await at.store.putExternalUsage(world.accountId, [{ source: 'uptime', checkType: 'API', pool: 'runs', date, runs }]);
      await at.store.tellQuotas([world.accountId], null, nowMs);
    };
    await post(79);
    expect(await told()).toEqual([]);
    await at.store.ingest([aResultRow(world, { dueAtMs: nowMs })]);
    await meter();
    await at.store.tellQuotas([world.accountId], null, nowMs);
    for (const runs of [79, 79, 85]) await post(runs);
    expect(await told()).toEqual(["80 % of this month's quota of 100 runs is used"]);
    await post(120);
    await post(120);
    expect(await told()).toHaveLength(2);
    expect(await at.store.readUsage(world.accountId, { fromMs: Date.parse(date), toMs: nowMs + 1, unit: 'day' })).toMatchObject([{ source: null, runs: 1, kind: 'scheduled' }, { source: 'uptime', runs: 120, kind: 'external' }]);
  });
});
