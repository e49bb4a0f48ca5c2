import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCheck } from '#shared/testing/builders.ts';
import { unpack } from '../analytics/gathered-times.ts';
import { planReading } from '../analytics/reading-plan.ts';
import { availability, barState } from '../analytics/tally.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aReport, aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** From the middle of a day, over a whole one, into the middle of another. */
const FROM = TODAY - 4 * DAY_MS + 9 * HOUR_MS;
const TO = TODAY - 2 * DAY_MS + 15 * HOUR_MS;

describe('figures', () => {
  let at: AStore;
  let world: World;
  const quiet = randomUUID();

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    await at.store.createCheck(world.accountId, quiet, aCheck(), null);
    const rows = Array.from({ length: 600 }, (_, n) => {
      const totalUs = 1_000 + ((n * 7_919) % 500) ** 2;
      const row = aResultRow(world, {
        dueAtMs: FROM - 5 * HOUR_MS + n * 600_000, outcome: n % 10 === 3 ? 'failed' : n % 10 === 4 ? 'degraded' : n % 50 === 5 ? 'agent_fault' : 'passed',
        report: aReport({ timings: { dnsUs: 0, connectUs: totalUs, tlsUs: 0, sendUs: 0, firstByteUs: 0, dataUs: 0, totalUs, idleUs: 0 } }),
      });
      return n % 25 === 0 ? gapOf(world, row.result) : row;
    });
    await at.store.ingest(rows);
    await at.store.rollUpMarked();
  });
  afterAll(() => at?.end());

  const read = async (mustReadRows: boolean, [fromMs, toMs] = [FROM, TO]) => {
    const { segments } = planReading({ fromMs, toMs, cut: { kind: 'whole' }, mustReadRows });
    const [piece] = await at.store.readPieces(world.accountId, { checkIds: [world.checkId], segments, cut: { kind: 'whole' }, byLocation: false });
    return { sources: segments.map(({ source }) => source), piece: piece! };
  };

  it('from hours and days are those of the rows', async () => {
    const [rolled, exact] = [await read(false), await read(true)];
    expect([rolled.sources, exact.sources]).toEqual([['hours', 'days', 'hours'], ['rows']]);
    expect(rolled.piece.tally).toEqual(exact.piece.tally);
    const { rows: [sqls] } = await at.client.query(`
      select count(*) filter (where outcome in ('passed', 'degraded'))::float / count(*) as available,
        percentile_disc(array[0.5, 0.95, 0.99]) within group (order by total_us) filter (where outcome in ('passed', 'degraded')) as percentiles
      from results where check_id = $1 and due_at >= $2 and due_at < $3 and outcome in ('passed', 'degraded', 'failed')`, [world.checkId, new Date(FROM), new Date(TO)]);
    expect(availability(rolled.piece.tally)).toBeCloseTo(sqls.available, 10);
    const total = unpack(rolled.piece.total).get('total')!;
    [0.5, 0.95, 0.99].forEach((q, index) => {
      expect(Math.abs(total.quantileUs(q, total.count)! / sqls.percentiles[index] - 1)).toBeLessThan(0.02);
    });
  });

  it('from weeks are those of the rows, in one location and in all', async () => {
    const long = [FROM - 9 * DAY_MS, TO + 8 * DAY_MS] as [number, number];
    const [rolled, exact] = [await read(false, long), await read(true, long)];
    expect(rolled.sources).toContain('weeks');
    expect(rolled.piece.tally).toEqual(exact.piece.tally);
    const timesOf = ({ total }: { readonly total: Buffer | null }) => {
      const { count, sumUs, leastUs, mostUs } = unpack(total).get('total')!;
      return { count, sumUs, leastUs, mostUs };
    };
    expect(timesOf(rolled.piece)).toEqual(timesOf(exact.piece));
    const { segments } = planReading({ fromMs: long[0], toMs: long[1], cut: { kind: 'whole' }, mustReadRows: false });
    for (const of of [{ byLocation: false, times: 'total' }, { byLocation: false, times: 'none' }, { byLocation: true }, { byLocation: false, locationCode: 'local-1' }] as const) {
      const [piece] = await at.store.readPieces(world.accountId, { checkIds: [world.checkId], segments, cut: { kind: 'whole' }, ...of });
      expect(piece!.tally).toEqual(exact.piece.tally);
      expect([piece!.total !== null, piece!.phases !== null]).toEqual([!('times' in of) || of.times === 'total', !('times' in of)]);
    }
  });

  it('by location and calendar day of a time zone add up to the whole', async () => {
    const { segments } = planReading({ fromMs: FROM, toMs: TO, cut: { kind: 'calendar', unit: 'day', timeZone: 'Asia/Tokyo' }, mustReadRows: false });
    const pieces = await at.store.readPieces(world.accountId, {
      checkIds: [world.checkId], segments, cut: { kind: 'calendar', unit: 'day', timeZone: 'Asia/Tokyo' }, byLocation: true,
    });
    expect(pieces.map(({ locationCode, atMs }) => [locationCode, (atMs / HOUR_MS) % 24])).toEqual([['local-1', 15], ['local-1', 15], ['local-1', 15]]);
    expect(pieces.reduce((sum, { tally }) => sum + tally.passed, 0)).toBe((await read(true)).piece.tally.passed);
  });

  it('by day where clocks are half an hour off are those of the rows, to the run', async () => {
    const cut = { kind: 'calendar', unit: 'day', timeZone: 'Asia/Kolkata' } as const;
    const plan = planReading({ fromMs: FROM, toMs: TO, cut, mustReadRows: false, rowsFromMs: FROM - DAY_MS });
    expect(plan.segments.map(({ source }) => source)).toEqual(['hours', 'rows']);
    const pieces = await at.store.readPieces(world.accountId, { checkIds: [world.checkId], segments: plan.segments, cut, byLocation: false });
    const { rows: exact } = await at.client.query(`
      select date_trunc('day', due_at, 'Asia/Kolkata') as at, count(*) filter (where outcome = 'passed')::int as passed, count(*) filter (where outcome = 'failed')::int as failed, max(total_us) filter (where outcome in ('passed', 'degraded')) as most
      from results where check_id = $1 and due_at >= $2 and due_at < $3 and is_final group by 1 order by 1`, [world.checkId, new Date(plan.fromMs), new Date(plan.toMs)]);
    expect(pieces.map(({ atMs, tally, total }) => ({ at: new Date(atMs), passed: tally.passed, failed: tally.failed, most: unpack(total).get('total')?.mostUs }))).toEqual(exact);
  });

  it('of the home page: every check, the bar by bucket, and nothing of a check that never ran', async () => {
    const [fromMs, toMs] = [TODAY - 4 * DAY_MS, TODAY];
    const { segments } = planReading({ fromMs, toMs, cut: { kind: 'every', ms: DAY_MS }, mustReadRows: false });
    const { entries, total } = await at.store.summariseChecks(world.accountId, { segments, barSegments: segments, fromMs, bucketMs: DAY_MS, limit: 10, page: 1 });
    expect(total).toBe(2);
    const [busy, idle] = [entries.find(({ checkId }) => checkId === world.checkId)!, entries.find(({ checkId }) => checkId === quiet)!];
    expect([...busy.bar].sort().map(([n, tally]) => [n, barState(tally)])).toEqual([[0, 'failing'], [1, 'failing'], [2, 'failing'], [3, 'failing']]);
    expect([...busy.bar.values()].reduce((sum, { gaps }) => sum + gaps, 0)).toBe(busy.tally.gaps);
    expect(busy.tally.gapReasons).toEqual({ agent_lost: busy.tally.gaps });
    expect(busy.last?.outcome).toBe('passed');
    expect([idle.bar.size, idle.last, idle.tally.passed]).toEqual([0, null, 0]);
  });

  it('are nobody else’s', async () => {
    const { segments } = planReading({ fromMs: FROM, toMs: TO, cut: { kind: 'whole' }, mustReadRows: false });
    expect(await at.store.readPieces(randomUUID(), { checkIds: [world.checkId], segments, cut: { kind: 'whole' }, byLocation: false })).toEqual([]);
    expect((await at.store.summariseChecks(randomUUID(), { segments, barSegments: segments, fromMs: FROM, bucketMs: DAY_MS, limit: 10, page: 1 })).entries).toEqual([]);
  });
});
