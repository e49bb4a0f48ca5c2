/** Writing the schedule of checks: each change is an epoch of its own, never retroactive (rules.md 2). */
import type { Selectable, Transaction } from 'kysely';
import { intervalMsOf, type Check } from '#shared/check/check.ts';
import { nextEpoch, type ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { effectiveCheck, type CheckGroup } from '../planning/check-group.ts';
import { commitInstantMs } from './config-revision.ts';
import { locationOrderOf } from './location-rows.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
export type CheckRow = Selectable<Database['checks']>;

/** Adds the row that the check and its group now ask for, if any. */
export async function appendSchedule(trx: Trx, row: Pick<CheckRow, 'account_id' | 'id'>, check: Check, group: CheckGroup | null): Promise<void> {
  const { check: effective } = effectiveCheck(check, group);
  const order = await locationOrderOf(trx, row.account_id, effective);
  await appendEpoch(trx, row, {
    intervalMs: intervalMsOf(effective), strategy: effective.runParallel ? 'parallel' : 'round_robin', active: effective.activated && order.length > 0, order,
  });
}

/** Adds a row that differs from the last one; another like it is not added. */
export async function appendEpoch(trx: Trx, row: Pick<CheckRow, 'account_id' | 'id'>, change: Omit<ScheduleEpoch, 'fromAtMs'>): Promise<void> {
  const epoch = nextEpoch(await lastEpochOf(trx, row), change, await commitInstantMs(trx));
  if (!epoch) return;
  await trx.insertInto('schedule_epochs').values({
    account_id: row.account_id, check_id: row.id, from_at: new Date(epoch.fromAtMs), interval_ms: epoch.intervalMs,
    strategy: epoch.strategy, location_order: [...epoch.order], active: epoch.active,
  }).execute();
}

export async function lastEpochOf(trx: Trx, row: Pick<CheckRow, 'account_id' | 'id'>): Promise<ScheduleEpoch | null> {
  const last = await trx.selectFrom('schedule_epochs').selectAll()
    .where('account_id', '=', row.account_id).where('check_id', '=', row.id).orderBy('from_at', 'desc').limit(1).executeTakeFirst();
  return last ? toEpoch(last) : null;
}

export function toEpoch(row: Selectable<Database['schedule_epochs']>): ScheduleEpoch {
  return { fromAtMs: row.from_at, intervalMs: row.interval_ms, strategy: row.strategy, order: row.location_order, active: row.active };
}
