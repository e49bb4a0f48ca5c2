/** Deliveries: claimed, attempted and finished, in Postgres' time. The row is the truth; jobs only say when to look. */
import { sql, type Transaction } from 'kysely';
import type { Notice } from '../alerting/notice.ts';
import { channelName, isChannelType } from '../channels/channel-kinds.ts';
import { channelRate, type ChannelRate, WAIT_FOR_TURN_MAX_MS } from '../channels/channel-rate.ts';
import type { Answer } from '../channels/outgoing.ts';
import type { ClaimedDelivery, DeliveryStore, FinishedDelivery } from '../pipeline/delivery-port.ts';
import type { Db } from './connect.ts';
import { enqueueNotices } from './outbox.ts';
import type { Database } from './schema.ts';

/** Longer than any attempt: rendering, looking up, 15 s, and a machine under load. */
const CLAIM_MS = 60_000;
/** A job this late was lost with its coordinator, or its queue is that far behind. */
const STUCK_AFTER_MS = 5_000;
/** Attempts in a row, of whatever notice, after which a channel is told of. */
const FAILURES_TOLD = 5;

type Trx = Transaction<Database>;
type Found = {
  id: string; account_id: string; alert_id: string | null; attempts: number; attempts_before: number; has_slot: boolean; created_at: number; payload: Notice;
  channel_id: number; type: string | null; config: unknown; sealed: Buffer | null; disabled_reason: string | null; is_disabled: boolean;
};

export function deliveryStore(db: Db): Omit<DeliveryStore, 'runDeliveryJobs'> {
  return {
    claimDelivery: (id) => db.transaction().execute(async (trx) => {
      const found = await lockDue(trx, id);
      if (!found) return null;
      const { type } = found;
      if (type === null || !isChannelType(type)) return settle(trx, found, 'dropped', 'CHANNEL_DELETED', 'the channel was deleted');
      if (found.is_disabled) return settle(trx, found, 'dead', 'CHANNEL_DISABLED', `the channel is disabled: ${found.disabled_reason ?? 'by hand'}`);
      if (await waitForEarlier(trx, found) || await waitForTurn(trx, found, channelRate(type))) return null;
      await sql`update notice_deliveries set attempting_since = clock_timestamp(), attempts = attempts + 1, has_slot = false, updated_at = now() where id = ${id}`.execute(trx);
      const config = (found.config ?? {}) as Record<string, unknown>;
      return {
        id, accountId: found.account_id, attempt: found.attempts + 1, attemptOfThisSend: found.attempts + 1 - found.attempts_before, notice: found.payload,
        channel: { id: found.channel_id, accountId: found.account_id, type, name: channelName(type, config), shown: config, sealed: found.sealed },
      };
    }),

    finishDelivery: (claimed, finished) => db.transaction().execute(async (trx) => {
      if (!await recordAttempt(trx, claimed, finished)) return false;
      await recordHealth(trx, claimed, finished);
      return true;
    }),

    async requeueStuck(max) {
      const { rows } = await sql<{ id: string }>`
        select d.id, queue_delivery(d.id, now()) from notice_deliveries d
        where d.id in (
          select s.id from notice_deliveries s
          where s.state = 'pending' and s.due_at < now() - ${STUCK_AFTER_MS} * interval '1 ms'
            and (s.attempting_since is null or s.attempting_since < now() - ${CLAIM_MS} * interval '1 ms')
            and not exists (select from graphile_worker.jobs j where j.key = s.id::text and j.locked_at is null and j.attempts < j.max_attempts)
          order by s.due_at limit ${max} for update skip locked)`.execute(db);
      return rows.length;
    },
  };
}

async function lockDue(trx: Trx, id: string): Promise<Found | null> {
  const { rows: [found] } = await sql<Found>`
    select d.id, d.account_id, d.alert_id, d.attempts, d.attempts_before, d.has_slot, d.created_at, d.channel_id, n.payload,
      c.type, c.config, c.sealed, c.disabled_reason, c.disabled_at is not null as is_disabled
    from notice_deliveries d
    join notices n on n.account_id = d.account_id and n.id = d.notice_id
    left join alert_channels c on c.account_id = d.account_id and c.id = d.channel_id
    where d.id = ${id} and d.state = 'pending' and d.due_at <= clock_timestamp()
      and (d.attempting_since is null or d.attempting_since < clock_timestamp() - ${CLAIM_MS} * interval '1 ms')
    for update of d skip locked`.execute(trx);
  return found ?? null;
}

async function settle(trx: Trx, { id }: Found, state: 'dead' | 'dropped', code: string, message: string): Promise<null> {
  const answer: Answer = { kind: 'unanswered', code, message };
  await trx.updateTable('notice_deliveries').set({ state, answer: JSON.stringify(answer), attempting_since: null, updated_at: sql`now()` }).where('id', '=', id).execute();
  return null;
}

async function postpone(trx: Trx, id: string, at: Date | number, changes: { readonly has_slot?: boolean; readonly is_rate_limited?: boolean } = {}): Promise<void> {
  const dueAt = new Date(at);
  await trx.updateTable('notice_deliveries').set({ due_at: dueAt, updated_at: sql`now()`, ...changes }).where('id', '=', id).execute();
  await sql`select queue_delivery(${id}, ${dueAt})`.execute(trx);
}

/** The end of an alert never overtakes its beginning on one channel: a resolve before its trigger would leave it open. */
async function waitForEarlier(trx: Trx, found: Found): Promise<boolean> {
  if (found.alert_id === null) return false;
  const { rows: [earlier] } = await sql<{ at: number }>`
    select extract(epoch from max(greatest(e.due_at, clock_timestamp())))::float8 * 1000 as at from notice_deliveries e
    join notices n on n.account_id = e.account_id and n.id = e.notice_id
    where e.account_id = ${found.account_id} and e.alert_id = ${found.alert_id} and e.channel_id = ${found.channel_id} and e.state = 'pending' and e.id <> ${found.id}
      and (n.created_at, n.id) < (select created_at, id from notices where account_id = ${found.account_id} and id = ${found.payload.id})
    having count(*) > 0`.execute(trx);
  if (!earlier) return false;
  await postpone(trx, found.id, earlier.at + 1_000);
  return true;
}

/** The generic cell rate algorithm on one row a channel. A turn that is not now is booked, so that it comes. */
async function waitForTurn(trx: Trx, found: Found, rate: ChannelRate): Promise<boolean> {
  if (found.has_slot) return false;
  const channel = { account_id: found.account_id, channel_id: found.channel_id };
  await trx.insertInto('channel_health').values(channel).onConflict((conflict) => conflict.doNothing()).execute();
  const { rows: [health] } = await sql<{ now: number; next: number | null }>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as now, extract(epoch from nullif(next_slot_at, '-infinity'))::float8 * 1000 as next
    from channel_health where account_id = ${found.account_id} and channel_id = ${found.channel_id} for update`.execute(trx);
  const now = health?.now ?? 0;
  const next = Math.max(health?.next ?? 0, now) + rate.intervalMs;
  const turnAt = next - rate.burst * rate.intervalMs;
  if (turnAt - now > WAIT_FOR_TURN_MAX_MS) {
    await settle(trx, found, 'dropped', 'RATE_LIMITED', 'too many messages already waited for this channel; it was not sent');
    await trx.updateTable('notice_deliveries').set({ is_rate_limited: true }).where('id', '=', found.id).execute();
    return true;
  }
  await trx.updateTable('channel_health').set({ next_slot_at: new Date(next) }).where('account_id', '=', found.account_id).where('channel_id', '=', found.channel_id).execute();
  if (turnAt <= now) return false;
  await postpone(trx, found.id, turnAt, { has_slot: true, is_rate_limited: true });
  return true;
}

async function recordAttempt(trx: Trx, { id, attempt }: ClaimedDelivery, { step, answer }: FinishedDelivery): Promise<boolean> {
  const state = step.kind === 'again' ? 'pending' : step.kind === 'delivered' ? 'delivered' : 'dead';
  const { rows: [row] } = await sql<{ due_at: number }>`
    update notice_deliveries set
      state = ${state}, answer = ${JSON.stringify(answer)}, attempting_since = null, updated_at = now(), is_rate_limited = ${step.kind === 'again' && step.isRateLimited},
      has_slot = ${step.kind === 'again' && step.holdsChannel},
      delivered_at = case when ${state === 'delivered'} then clock_timestamp() end,
      due_at = ${step.kind === 'again' ? sql`clock_timestamp() + ${step.delayMs} * interval '1 ms'` : sql`due_at`}
    where id = ${id} and attempts = ${attempt} and state = 'pending'
    returning due_at`.execute(trx);
  if (row && step.kind === 'again') await sql`select queue_delivery(id, due_at) from notice_deliveries where id = ${id}`.execute(trx);
  return row !== undefined;
}

async function recordHealth(trx: Trx, { accountId, channel }: ClaimedDelivery, { step, answer, failingNotice }: FinishedDelivery): Promise<void> {
  // The channel may have been deleted meanwhile, and its health with it.
  const at = sql`account_id = ${accountId} and channel_id = ${channel.id}`;
  if (step.kind === 'delivered') {
    await sql`update channel_health set failures_in_row = 0, failing_since = null, told_at = null where ${at} and failures_in_row > 0`.execute(trx);
    return;
  }
  if (step.kind === 'again' && step.holdsChannel) {
    const { burst, intervalMs } = channelRate(channel.type);
    await sql`update channel_health set next_slot_at = greatest(next_slot_at, clock_timestamp() + ${step.delayMs + burst * intervalMs} * interval '1 ms') where ${at}`.execute(trx);
  }
  if (step.kind === 'gone') {
    const why = answer.kind === 'answered' ? `its address answered ${answer.status}` : answer.message;
    await sql`update alert_channels set disabled_at = now(), disabled_reason = ${why} where account_id = ${accountId} and id = ${channel.id} and disabled_at is null`.execute(trx);
  }
  // Being asked to wait is no failure, nor is what a notice about failures meets: they would never end.
  if (!failingNotice || (step.kind === 'again' && step.isRateLimited)) return;
  const { rows: [health] } = await sql<{ failures: number; told: boolean }>`
    update channel_health set failures_in_row = failures_in_row + 1, failing_since = coalesce(failing_since, now()) where ${at}
    returning failures_in_row as failures, told_at is not null as told`.execute(trx);
  const isGivenUp = step.kind !== 'again' || (health?.failures ?? 0) >= FAILURES_TOLD;
  if (!health || health.told || !isGivenUp) return;
  await sql`update channel_health set told_at = now() where ${at}`.execute(trx);
  await enqueueNotices(trx, [failingNotice]);
}
