import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { completenessOf } from '../planning/completeness.ts';
import { owedBetween, owedSpans } from '../planning/owed-slots.ts';
import { settle, type SettledRow } from '../planning/settle-slots.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const MINUTE = 60_000;
/** Past, whenever this runs. */
const NOON = Date.UTC(2026, 0, 5, 12);
/** Kept by `plant`, which writes rows as no ingest would. */
type Planted = { readonly row: SettledRow; readonly attempt: number };

describe('the books of a check', () => {
  let at: AStore;
  let world: World;
  let places: string[];

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    places = (await at.store.ensureLocations(['local-1', 'a-1', 'b-1'].map((code) => ({ code, name: code })))).map(({ id }) => id);
  });
  afterAll(() => at?.end());

  async function aPlantedCheck(epochs: readonly ScheduleEpoch[]): Promise<string> {
    const checkId = randomUUID();
    await at.store.createCheck(world.accountId, checkId, aCheck({ name: `check ${checkId}` }), null);
    await at.client.query('delete from schedule_epochs where check_id = $1', [checkId]);
    for (const epoch of epochs) {
      await at.client.query('insert into schedule_epochs values ($1, $2, $3, $4, $5, $6, $7)',
        [world.accountId, checkId, new Date(epoch.fromAtMs), epoch.intervalMs, epoch.strategy, epoch.order, epoch.active]);
    }
    return checkId;
  }

  async function plant(checkId: string, planted: readonly Planted[]): Promise<void> {
    const rows = planted.map(({ row, attempt }) => {
      const runId = runIdOf({ accountId: world.accountId, checkId, locationId: row.locationId, dueAtMs: row.dueAtMs });
      // Run where it is owed: a retry from elsewhere would end its run instead of the attempt before.
      const common = { checkId, runId, dueAtMs: row.dueAtMs, locationOwed: row.locationId, locationExecuted: row.locationId };
      if (row.kind === 'gap') {
        const gap = gapOf(world, common);
        return { ...gap, gap: { ...gap.gap, ...common, reason: row.reason as 'agent_lost' } };
      }
      return { ...aResultRow(world, { ...common, attempt, trigger: attempt > 1 ? 'retry' : 'schedule' }), isSurplus: row.isSurplus };
    });
    // Gaps first and results around ingest's care: what must not be there is put there.
    await at.store.ingest(rows.filter((row) => row.kind === 'gap'));
    const kept = (await at.client.query('select * from gaps where check_id = $1', [checkId])).rows;
    await at.store.ingest(rows.filter((row) => row.kind === 'result'));
    for (const { account_id, due_at, run_id, check_id, location_owed, agent_id, reason } of kept) {
      await at.client.query('insert into gaps values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing', [account_id, due_at, run_id, check_id, location_owed, agent_id, reason]);
    }
    await at.client.query('update results set is_surplus = false where check_id = $1 and attempt > 1', [checkId]);
    for (const { row } of planted) {
      if (row.kind !== 'result') continue;
      await at.client.query('update results set replaced_gap = $4 where check_id = $1 and due_at = $2 and location_owed = $3', [checkId, new Date(row.dueAtMs), row.locationId, row.replacedGap ? 'agent_lost' : null]);
    }
  }

  it('as the store tells them are those counted slot by slot, with whatever was planted', async () => {
    const anEpoch = fc.record({
      fromAtMs: fc.integer({ min: NOON - 5 * MINUTE, max: NOON + 10 * MINUTE }), intervalMs: fc.constantFrom(10_000, 17_000, 60_000),
      strategy: fc.constantFrom('parallel' as const, 'round_robin' as const), order: fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), active: fc.boolean(),
    });
    const fates = fc.array(fc.constantFrom('result', 'late result', 'gap', 'other gap', 'nothing', 'two results', 'both', 'surplus', 'unowed'), { minLength: 60, maxLength: 60 });
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(anEpoch, { minLength: 1, maxLength: 4, selector: ({ fromAtMs }) => fromAtMs }),
      fc.uniqueArray(fc.record({ place: fc.nat(2), fromAtMs: fc.integer({ min: NOON - 10 * MINUTE, max: NOON + 10 * MINUTE }), available: fc.boolean() }), { maxLength: 8, selector: ({ place, fromAtMs }) => `${place} ${fromAtMs}` }),
      fates, fc.integer({ min: 0, max: 10 * MINUTE }),
      async (epochDrafts, changes, fate, openForMs) => {
        const range = { fromMs: NOON, toMs: NOON + 10 * MINUTE };
        const openFromMs = range.toMs - openForMs;
        const epochs = epochDrafts.map((epoch): ScheduleEpoch => ({ ...epoch, order: epoch.order.map((place) => places[place]!) })).sort((a, b) => a.fromAtMs - b.fromAtMs);
        const availability = changes.map(({ place, ...change }): AvailabilityChange => ({ locationId: places[place]!, ...change }));
        await at.client.query('delete from availability');
        for (const { locationId, fromAtMs, available } of availability) {
          await at.client.query('insert into availability values ($1, $2, $3, 1)', [locationId, new Date(fromAtMs), available]);
        }
        const checkId = await aPlantedCheck(epochs);
        const planted = [...owedSpans({ checkId, epochs, availability, ...range })]
          .flatMap(([locationId, spans]) => owedBetween(spans, range.fromMs, range.toMs).map((dueAtMs) => ({ locationId, dueAtMs })))
          .flatMap((slot, index): Planted[] => {
            const result = (changed: object = {}, attempt = 1): Planted => ({ row: { kind: 'result', ...slot, isSurplus: false, replacedGap: false, ...changed }, attempt });
            const gap = (reason: string): Planted => ({ row: { kind: 'gap', ...slot, reason }, attempt: 0 });
            switch (fate[index % fate.length]!) {
              case 'result': return [result()];
              case 'late result': return [result({ replacedGap: true })];
              case 'gap': return [gap('agent_lost')];
              case 'other gap': return [gap('no_agent')];
              case 'nothing': return [];
              case 'two results': return [result(), result({}, 2)];
              case 'both': return [gap('agent_lost'), result()];
              case 'surplus': return [result({ isSurplus: true })];
              case 'unowed': return [result({ dueAtMs: slot.dueAtMs + 1 })];
            }
            throw new Error('unreachable');
          });
        await plant(checkId, planted);

        const schedules = await at.store.listSchedules(world.accountId, { kind: 'one', checkId }, { ...range, replacedSinceMs: 0 });
        const owed = owedSpans({ checkId, epochs: schedules.entries[0]!.epochs, availability: schedules.availability, ...range });
        expect(owed).toEqual(owedSpans({ checkId, epochs, availability, ...range }));
        const stored = (await at.store.listSettled(world.accountId, [{ checkId, owed, openFromMs }], range, 1_000)).get(checkId)!;
        const expected = settle(owed, planted.map(({ row }) => row), openFromMs);
        const books = (counts: typeof expected.counts) => {
          const { locations, ...all } = completenessOf(owed, counts, { ...range, openFromMs });
          return { ...all, locations: locations.toSorted((a, b) => (a.locationId < b.locationId ? -1 : 1)) };
        };
        expect(books(stored.counts)).toEqual(books(expected.counts));
        const byStart = (spans: typeof expected.gapSpans) => spans.toSorted((a, b) => a.firstDueMs - b.firstDueMs || (a.locationId < b.locationId ? -1 : 1));
        expect(byStart(stored.gapSpans)).toEqual(byStart(expected.gapSpans));
      },
    ), { numRuns: 12 });
  });

  it('tell no more gaps than are asked for, and count them all the same', async () => {
    const epochs: ScheduleEpoch[] = [{ fromAtMs: NOON, intervalMs: 10_000, strategy: 'parallel', order: [places[0]!], active: true }];
    const checkId = await aPlantedCheck(epochs);
    const range = { fromMs: NOON, toMs: NOON + 10 * MINUTE };
    const owed = owedSpans({ checkId, epochs, availability: [], ...range });
    const due = owedBetween(owed.get(places[0]!)!, range.fromMs, range.toMs);
    await plant(checkId, due.map((dueAtMs, index) => ({ row: { kind: 'gap', locationId: places[0]!, dueAtMs, reason: index % 2 ? 'a' : 'b' }, attempt: 0 })));
    const { counts, gapSpans } = (await at.store.listSettled(world.accountId, [{ checkId, owed, openFromMs: range.toMs }], range, 3)).get(checkId)!;
    expect([counts.reduce((sum, { gaps }) => sum + gaps, 0), gapSpans.map(({ firstDueMs }) => firstDueMs)]).toEqual([60, due.slice(0, 3)]);
  });

  it('leave out runs outside the schedule', async () => {
    const checkId = await aPlantedCheck([{ fromAtMs: NOON, intervalMs: 10_000, strategy: 'parallel', order: [places[0]!], active: true }]);
    await at.store.ingest([aResultRow(world, { checkId, trigger: 'manual', dueAtMs: NOON + 5 }), aResultRow(world, { checkId, trigger: 'retry', attempt: 1, dueAtMs: NOON + 6 })]);
    const { counts } = (await at.store.listSettled(world.accountId, [{ checkId, owed: new Map(), openFromMs: NOON }], { fromMs: NOON, toMs: NOON + MINUTE }, 9)).get(checkId)!;
    expect(counts).toEqual([]);
  });

  it('are there for checks that were active in the range, deleted ones too, and nobody else’s', async () => {
    const active = { intervalMs: 10_000, strategy: 'parallel' as const, order: [places[0]!], active: true };
    const [before, within] = [NOON - 100 * MINUTE, NOON + MINUTE];
    const long = await aPlantedCheck([{ fromAtMs: before, ...active }]);
    const ended = await aPlantedCheck([{ fromAtMs: before, ...active }, { fromAtMs: NOON - MINUTE, ...active, active: false }]);
    const begun = await aPlantedCheck([{ fromAtMs: before, ...active, active: false }, { fromAtMs: within, ...active }]);
    const later = await aPlantedCheck([{ fromAtMs: NOON + 11 * MINUTE, ...active }]);
    await at.store.deleteCheck(world.accountId, long);
    const range = { fromMs: NOON, toMs: NOON + 10 * MINUTE, replacedSinceMs: 0 };
    const list = (limit: number, page: number) => at.store.listSchedules(world.accountId, { kind: 'page', limit, page }, range);
    const all = await list(100, 1);
    const ids = all.entries.map(({ checkId }) => checkId);
    expect([long, ended, begun, later].map((id) => ids.includes(id))).toEqual([true, false, true, false]);
    expect(all.entries.find(({ checkId }) => checkId === long)!.isDeleted).toBe(true);
    expect(all.total).toBe(all.entries.length);
    const [one, two] = [await list(1, 1), await list(1, 2)];
    expect([...one.entries, ...two.entries].map(({ checkId }) => checkId)).toEqual(ids.slice(0, 2));
    expect((await at.store.listSchedules(randomUUID(), { kind: 'page', limit: 100, page: 1 }, range)).entries).toEqual([]);
    expect((await at.store.listSchedules(randomUUID(), { kind: 'one', checkId: long }, range)).entries).toEqual([]);
  });

  it('know the definitions that were replaced lately', async () => {
    const checkId = randomUUID();
    await at.store.createCheck(world.accountId, checkId, aCheck({ maxResponseTime: 40_000 }), null);
    await at.store.replaceCheck(world.accountId, checkId, aCheck({ maxResponseTime: 1_000, degradedResponseTime: 1_000 }), null);
    const range = { fromMs: NOON, toMs: NOON + MINUTE };
    const since = async (replacedSinceMs: number) => (await at.store.listSchedules(world.accountId, { kind: 'one', checkId }, { ...range, replacedSinceMs }))
      .entries[0]!.definitions.map(({ maxResponseTime }) => maxResponseTime);
    expect(await since(Date.now() - MINUTE)).toEqual([1_000, 40_000]);
    expect(await since(Date.now() + MINUTE)).toEqual([1_000]);
    const listed = async (sinceMs: number) => (await at.store.listReplacedDefinitions(sinceMs)).filter((one) => one.checkId === checkId).map(({ definition }) => definition.maxResponseTime);
    expect([await listed(Date.now() - MINUTE), await listed(Date.now() + MINUTE)]).toEqual([[40_000], []]);
  });
});
