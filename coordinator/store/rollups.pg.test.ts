import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestRow } from '../pipeline/ports.ts';
import { PHASES, phaseNumber, type Phase } from '../analytics/phases.ts';
import { mergePacked, unpack } from '../analytics/gathered-times.ts';
import { weekOf } from '../analytics/reading-plan.ts';
import type { Sketch } from '../analytics/sketch.ts';
import { sketchOf } from '../analytics/testing/sketch-of.ts';
import { up as upToWeeks } from './migrations/0034-check-weeks.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aReport, aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The evening of a Sunday, some days ago: a day and a week end in what follows. */
const START = weekOf(Date.now() - 2 * DAY_MS) - 2 * HOUR_MS;

const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

/** What became of a run; `first` was retried. */
type Fate = { readonly kind: 'passed' | 'degraded' | 'failed' | 'agent_fault' | 'surplus' | 'shot' | 'gap' | 'late'; readonly slot: number; readonly location: number; readonly us: number; readonly wasRetried: boolean };

const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom('passed', 'degraded', 'failed', 'agent_fault', 'surplus', 'shot', 'gap', 'late'),
  slot: fc.integer({ min: 0, max: 60 }), location: fc.integer({ min: 0, max: 1 }), us: fc.integer({ min: 1, max: 5_000_000 }), wasRetried: fc.boolean(),
});

describe('rollups', () => {
  let at: AStore;
  let world: World;
  const locations = [randomUUID(), randomUUID()];

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  /** Everything that is ever delivered of a run, and the row that counts. */
  function rowsOf(checkId: string, { kind, slot, location, us, wasRetried }: Fate): { delivered: readonly IngestRow[]; counting: IngestRow | null } {
    const timings = { dnsUs: slot % 3 === 0 ? 0 : us, connectUs: us, tlsUs: slot % 2 === 0 ? 0 : 2 * us, sendUs: 1, firstByteUs: 3 * us, dataUs: 0, totalUs: 7 * us, idleUs: 0 };
    const outcome = kind === 'degraded' || kind === 'failed' || kind === 'agent_fault' ? kind : 'passed';
    const result = aResultRow({ ...world, checkId }, {
      checkId, locationOwed: locations[location]!, dueAtMs: START + slot * 300_000, trigger: kind === 'shot' ? 'manual' : 'schedule',
      outcome, attempt: wasRetried ? 2 : 1, report: aReport({ timings, established: kind !== 'failed' }),
    });
    const first = { ...result, result: { ...result.result, attempt: 1, isFinal: false, outcome: 'failed' as const } };
    const gap = gapOf({ ...world, checkId }, result.result);
    const ofSlot: IngestRow = { ...gap, gap: { ...gap.gap, locationOwed: locations[location]! } };
    switch (kind) {
      case 'gap': return { delivered: [ofSlot], counting: ofSlot };
      case 'late': return { delivered: [ofSlot, result], counting: result };
      case 'surplus': return { delivered: [{ ...result, isSurplus: true }], counting: null };
      case 'shot': return { delivered: [result], counting: null };
      default: return { delivered: wasRetried ? [first, result] : [result], counting: result };
    }
  }

  function modelOf(rows: readonly IngestRow[], startOf: (ms: number) => number, { byLocation = true, phases = PHASES as readonly Phase[] } = {}): readonly unknown[] {
    const cells = Map.groupBy(rows, (row) => {
      const { dueAtMs, locationOwed } = row.kind === 'result' ? row.result : row.gap;
      return `${startOf(dueAtMs)} ${byLocation ? locationOwed : undefined}`;
    });
    return [...cells].map(([cell, ofCell]) => {
      const results = ofCell.flatMap((row) => (row.kind === 'result' ? [row.result] : []));
      const answered = results.filter(({ outcome }) => outcome === 'passed' || outcome === 'degraded');
      const times = (phase: Phase): number[] => answered.map(({ report: { timings: t } }) => ({
        dns: t.dnsUs, connect: t.connectUs, tls: t.tlsUs, send: t.sendUs, firstByte: t.firstByteUs, data: t.dataUs, total: t.totalUs,
        connection: t.connectUs + t.tlsUs, transfer: t.sendUs + t.firstByteUs + t.dataUs,
      })[phase]).filter((us) => us > 0);
      const gaps = ofCell.length - results.length;
      return {
        cell, passed: results.filter(({ outcome }) => outcome === 'passed').length, degraded: results.filter(({ outcome }) => outcome === 'degraded').length,
        failed: results.filter(({ outcome }) => outcome === 'failed').length, agent_faults: results.filter(({ outcome }) => outcome === 'agent_fault').length,
        established: results.filter(({ outcome, report }) => outcome !== 'agent_fault' && report.established).length,
        attempts: results.reduce((sum, { attempt }) => sum + attempt, 0), gaps, gap_reasons: gaps > 0 ? { agent_lost: gaps } : null,
        sketches: phases.filter((phase) => times(phase).length > 0).map((phase) => shown(phase, sketchOf(times(phase)))),
      };
    }).sort((one, other) => (one.cell < other.cell ? -1 : 1));
  }

  async function stored(table: string, checkId: string): Promise<readonly unknown[]> {
    const { rows } = await at.client.query(`select * from ${table} where check_id = $1`, [checkId]);
    return rows.map((row) => ({
      cell: `${row.at.getTime()} ${row.location_id}`, passed: row.passed, degraded: row.degraded, failed: row.failed, agent_faults: row.agent_faults,
      established: row.established, attempts: row.attempts, gaps: row.gaps, gap_reasons: row.gap_reasons,
      sketches: [...unpack(row.total, row.phases ?? null)].sort(([one], [other]) => phaseNumber(one) - phaseNumber(other)).map(([phase, sketch]) => shown(phase, sketch)),
    })).sort((one, other) => (one.cell < other.cell ? -1 : 1));
  }

  it('are what the rows say, however late, often or mixed up these came', async () => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fate, { selector: ({ slot, location }) => `${slot} ${location}`, minLength: 1, maxLength: 40 }), fc.infiniteStream(fc.nat()),
      async (fates, chance) => {
        const checkId = randomUUID();
        const next = (below: number): number => chance.next().value % below;
        const runs = fates.map((of) => rowsOf(checkId, of));
        // Some rows come twice; all in any order, in batches, with a roll-up now and then.
        const all = runs.flatMap(({ delivered }) => delivered);
        const waiting = [...all, ...all.filter(() => next(3) === 0)];
        while (waiting.length > 0) {
          const batch = Array.from({ length: Math.min(waiting.length, 1 + next(15)) }, () => waiting.splice(next(waiting.length), 1)[0]!);
          await at.store.ingest(batch);
          if (next(3) === 0) await at.store.rollUpMarked();
        }
        while ((await at.store.rollUpMarked()).marks > 0);
        const counting = runs.flatMap(({ counting: row }) => (row ? [row] : []));
        const expectAll = async (): Promise<void> => {
          expect(await stored('rollups_hourly', checkId)).toEqual(modelOf(counting, hourOf));
          expect(await stored('rollups_daily', checkId)).toEqual(modelOf(counting, dayOf));
          expect(await stored('rollups_check_daily', checkId)).toEqual(modelOf(counting, dayOf, { byLocation: false }));
          expect(await stored('rollups_check_weekly', checkId)).toEqual(modelOf(counting, weekOf, { byLocation: false, phases: ['total'] }));
        };
        await expectAll();
        // From nothing as from what was there.
        if (next(2) === 0) await at.client.query('truncate rollups_hourly, rollups_daily, rollups_check_daily, rollups_check_weekly');
        await at.store.rebuildRollups(START, START + 5 * HOUR_MS);
        await expectAll();
      },
    ), { numRuns: 25 });
  });

  it('come out the same when they are rebuilt from nothing', async () => {
    await at.store.ingest([aResultRow(world, { dueAtMs: START }), aResultRow(world, { dueAtMs: START + HOUR_MS, outcome: 'failed' })]);
    await at.store.rollUpMarked();
    const columns = `account_id, check_id, location_id, at, passed, failed, gaps, attempts, last_due_at, last_outcome, length(total) as total, length(phases) as phases`;
    const read = async (): Promise<unknown> => [
      (await at.client.query(`select ${columns} from rollups_hourly order by 1, 2, 3, 4`)).rows, (await at.client.query(`select ${columns} from rollups_daily order by 1, 2, 3, 4`)).rows,
      (await at.client.query(`select ${columns.replace('location_id, ', '')} from rollups_check_daily order by 1, 2, 3`)).rows,
      (await at.client.query('select account_id, check_id, at, passed, failed, gaps, attempts, gap_reasons, total from rollups_check_weekly order by 1, 2, 3')).rows,
    ];
    const before = await read();
    await at.client.query('truncate rollups_hourly, rollups_daily, rollups_check_daily, rollups_check_weekly');
    await at.store.rebuildRollups(START - DAY_MS, START + 2 * DAY_MS);
    expect(await read()).toEqual(before);
  });

  it('of weeks are made of the days that there are when an installation is brought up to date', async () => {
    await at.store.ingest([aResultRow(world, { dueAtMs: START }), aResultRow(world, { dueAtMs: START - DAY_MS }), gapOf(world, aResultRow(world, { dueAtMs: START + 5 * HOUR_MS }).result), gapOf(world, aResultRow(world, { dueAtMs: START + 6 * HOUR_MS }).result)]);
    while ((await at.store.rollUpMarked()).marks > 0);
    const read = async (): Promise<unknown> => (await at.client.query('select * from rollups_check_weekly order by account_id, check_id, at')).rows.map(({ total, ...row }) => ({ ...row, total: total && mergePacked(total) }));
    const before = await read();
    expect(before).toContainEqual(expect.objectContaining({ check_id: world.checkId, gaps: 2, gap_reasons: { agent_lost: 2 } }));
    await at.client.query('drop table rollups_check_weekly');
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: at.database.url, max: 1 }) }) });
    await upToWeeks(db);
    await db.destroy();
    expect(await read()).toEqual(before);
  });

  it('call impaired what an agent saw while it was itself cut off, from when that is decided until it is withdrawn', async () => {
    const checkId = randomUUID();
    const MINUTE_MS = 60_000;
    const anotherAgent = randomUUID();
    const row = (minute: number, outcome: 'passed' | 'failed' | 'agent_fault', agentId = world.agentId): IngestRow => (
      { ...aResultRow(world, { checkId, dueAtMs: START + minute * MINUTE_MS, outcome }), agentId });
    await at.store.ingest([row(1, 'passed'), row(10, 'passed'), row(11, 'failed'), row(12, 'agent_fault'), row(13, 'failed', anotherAgent), row(70, 'failed'), row(130, 'failed')]);
    const counts = async () => {
      await at.store.rollUpMarked();
      const { rows: [day] } = await at.client.query('select sum(passed)::int as passed, sum(failed)::int as failed, sum(impaired)::int as impaired, sum(agent_faults)::int as faults from rollups_daily where check_id = $1', [checkId]);
      return day;
    };
    const seen = { passed: 2, failed: 4, impaired: 0, faults: 1 };
    expect(await counts()).toEqual(seen);
    const window = { locationId: world.locationId, agentId: world.agentId, fromMs: START + 10 * MINUTE_MS };
    await at.store.openImpairedWindow({ ...window, toMs: null, reason: {} });
    expect(await counts()).toEqual({ passed: 1, failed: 1, impaired: 4, faults: 1 });
    await at.store.closeImpairedWindow({ ...window, toMs: START + 70 * MINUTE_MS });
    expect(await counts()).toEqual({ passed: 1, failed: 2, impaired: 3, faults: 1 });
    await at.client.query('delete from rollups_hourly where check_id = $1', [checkId]);
    await at.store.rebuildRollups(START, START + DAY_MS);
    expect(await counts()).toEqual({ passed: 1, failed: 2, impaired: 3, faults: 1 });
    await at.store.withdrawImpairedWindow(window);
    expect(await counts()).toEqual(seen);
    // Told once, it is worked off once.
    await at.store.withdrawImpairedWindow(window);
    expect(await at.store.rollUpMarked()).toMatchObject({ marks: 0 });
  });

  it('keep what they were when their rows are gone', async () => {
    const longAgoMs = START - 40 * DAY_MS;
    const checkId = randomUUID();
    await at.store.ingest([aResultRow(world, { checkId, dueAtMs: longAgoMs })]);
    await at.client.query(`insert into rollups_hourly (account_id, check_id, location_id, at, passed, degraded, failed, agent_faults, egress_denied, impaired, established, over_max, attempts, gaps)
      values ($1, $2, $3, $4, 77, 0, 0, 0, 0, 0, 77, 0, 77, 0)`, [world.accountId, checkId, world.locationId, new Date(longAgoMs - longAgoMs % HOUR_MS)]);
    await at.store.rollUpMarked();
    expect((await at.client.query('select passed from rollups_hourly where check_id = $1', [checkId])).rows).toEqual([{ passed: 77 }]);
  });
});

function shown(phase: Phase, sketch: Sketch): unknown {
  const quantiles = [0.01, 0.25, 0.5, 0.75, 0.9, 0.99].map((q) => Math.round(sketch.quantileUs(q, sketch.count)!));
  return { phase, count: sketch.count, sumUs: sketch.sumUs, leastUs: sketch.leastUs, mostUs: sketch.mostUs, quantiles };
}
