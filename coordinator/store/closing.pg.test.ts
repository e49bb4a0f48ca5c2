import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { closedBeforeMs } from '../planning/closing-time.ts';
import { completenessOf } from '../planning/completeness.ts';
import { countOwed, owedBetween, owedSpans } from '../planning/owed-slots.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import { CLOSER_LEASE, SlotCloser, type KnownConfig } from '../pipeline/slot-closer.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';
import { aResultRow, aWorld, type World } from './testing/rows.ts';

const MINUTE = 60_000;
/** The clock here stands an hour behind Postgres': slots close by whichever is behind. */
const NOW = Date.now() - 60 * MINUTE;

describe('closing slots on Postgres', () => {
  let at: AStore;
  let world: World;
  let config: KnownConfig & { revision: number };
  const checkIds = [randomUUID(), randomUUID()];
  const clock = new FakeClock(NOW);
  const range = { fromMs: NOW - 30 * MINUTE, toMs: NOW };

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
    const changes: AvailabilityChange[] = [{ locationId: world.locationId, fromAtMs: range.fromMs - MINUTE, available: true }, { locationId: world.locationId, fromAtMs: NOW - 10 * MINUTE, available: false }];
    const planned = checkIds.map((checkId): PlannedCheck => ({
      accountId: world.accountId, checkId, revision: 1, check: aCheck(), isDeleted: false,
      epochs: [{ fromAtMs: range.fromMs, intervalMs: 10_000, strategy: 'parallel', order: [world.locationId], active: true }],
    }));
    for (const checkId of checkIds) {
      await at.store.createCheck(world.accountId, checkId, aCheck(), null);
      await at.client.query('update schedule_epochs set from_at = $2, interval_ms = 10000, strategy = $3 where check_id = $1', [checkId, new Date(range.fromMs), 'parallel']);
    }
    await at.client.query('update closing_state set closed_through = $1', [new Date(range.fromMs)]);
    const availability = availabilityIndex(changes);
    config = { revision: await at.store.configRevision(), availability, checks: () => planned };
  });
  afterAll(() => at?.end());

  const closer = (holder: string) => new SlotCloser({ config, store: at.store, clock, log: QUIET, holder });
  const owedOf = (checkId: string) => owedSpans({ checkId, epochs: [...config.checks()][0]!.epochs, availability: config.availability, ...range });
  const runOut = () => at.client.query(`update leases set expires_at = clock_timestamp() - interval '1 second' where name = $1`, [CLOSER_LEASE]);

  it('leaves every closed slot with one result or one gap, through results, takeovers, and a late result at last', async () => {
    const [first, second] = checkIds as [string, string];
    const dues = owedBetween(owedOf(first).get(world.locationId)!, range.fromMs, range.toMs);
    const rows = dues.filter((_, index) => index % 3 > 0).map((dueAtMs) => aResultRow(world, {
      checkId: first, dueAtMs, runId: runIdOf({ accountId: world.accountId, checkId: first, locationId: world.locationId, dueAtMs }),
    }));
    await at.store.ingest(rows);
    // An agent that had refused the second check, until a while ago.
    const { sessionId } = await at.store.openSession({ agentId: world.agentId, instanceId: randomUUID(), name: 'a', locationId: world.locationId, version: '1', capacity: 1 });
    await at.client.query('update sessions set opened_at = $2, closed_at = $3, rejected = $4 where id = $1',
      [sessionId, new Date(range.fromMs - MINUTE), new Date(NOW - 20 * MINUTE), JSON.stringify([{ checkId: second, code: 'missing_feature', reason: 'too new' }])]);
    // And one that was stopped two minutes before the location counted as away.
    const stopped = await at.store.openSession({ agentId: randomUUID(), instanceId: randomUUID(), name: 'b', locationId: world.locationId, version: '1', capacity: 1 });
    await at.client.query('update sessions set opened_at = $2, closed_at = $3, last_slot_ms = $4 where id = $1', [stopped.sessionId, new Date(NOW - 15 * MINUTE), new Date(NOW - 12 * MINUTE), NOW - 12 * MINUTE - 1]);

    const [one, other] = [closer('a'), closer('b')];
    await Promise.all([one.closeDue(), other.closeDue()]);
    expect([one.isHolding, other.isHolding].filter(Boolean)).toHaveLength(1);
    await runOut();
    await Promise.all([one.closeDue(), other.closeDue()]);
    await runOut();
    await closer('c').closeDue();

    const closedMs = closedBeforeMs(NOW, [aCheck()]);
    expect(await at.store.closedThroughMs()).toBe(closedMs);
    const reasons = await at.client.query(`select check_id, reason, count(*)::int as n, count(agent_id)::int as agents from gaps where check_id = any($1) group by 1, 2 order by 1, 2`, [checkIds]);
    const due = (checkId: string, fromMs: number, toMs: number) => countOwed(owedOf(checkId).get(world.locationId)!, fromMs, toMs);
    const found = (checkId: string, reason: string) => (reasons.rows as { check_id: string; reason: string; n: number }[]).find((row) => row.check_id === checkId && row.reason === reason)?.n ?? 0;
    expect([found(second, 'config_rejected'), found(second, 'agent_lost'), found(second, 'agent_down'), found(second, 'no_agent')]).toEqual([
      due(second, range.fromMs, NOW - 20 * MINUTE), due(second, NOW - 20 * MINUTE, NOW - 12 * MINUTE), due(second, NOW - 12 * MINUTE, NOW - 10 * MINUTE), due(second, NOW - 10 * MINUTE, closedMs),
    ]);
    expect(reasons.rows.every((row: { agents: number }) => row.agents === 0)).toBe(true);

    const late = dues[0]!;
    await at.store.ingest([aResultRow(world, { checkId: first, dueAtMs: late, runId: runIdOf({ accountId: world.accountId, checkId: first, locationId: world.locationId, dueAtMs: late }) })]);
    const questions = checkIds.map((checkId) => ({ checkId, owed: owedOf(checkId), openFromMs: closedMs }));
    const settled = await at.store.listSettled(world.accountId, questions, range, 100);
    for (const { checkId, owed, openFromMs } of questions) {
      const books = completenessOf(owed, settled.get(checkId)!.counts, { ...range, openFromMs });
      expect(books).toMatchObject({ due: 180, missing: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: checkId === first ? 1 : 0 });
      expect(books.pending).toBeGreaterThan(0);
    }
  });

  it('finds a slot that was lost after it was closed', async () => {
    const checkId = checkIds[1]!;
    await at.client.query('delete from gaps where (account_id, due_at, run_id) in (select account_id, due_at, run_id from gaps where check_id = $1 order by due_at limit 2)', [checkId]);
    const question = { checkId, owed: owedOf(checkId), openFromMs: closedBeforeMs(NOW, [aCheck()]) };
    const settled = await at.store.listSettled(world.accountId, [question], range, 100);
    expect(completenessOf(question.owed, settled.get(checkId)!.counts, { ...range, ...question })).toMatchObject({ missing: 2, double: 0 });
  });
});
