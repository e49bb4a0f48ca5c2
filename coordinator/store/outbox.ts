/** The outbox: notices and their deliveries are stored, and queued, with what they tell of (rules.md 19). */
import { sql, type Transaction } from 'kysely';
import type { Notice, NoticeKind } from '../alerting/notice.ts';
import { channelName, isChannelType } from '../channels/channel-kinds.ts';
import type { Database } from './schema.ts';

type Wants = 'send_failure' | 'send_degraded' | 'send_recovery';

/** Which switch of a channel a kind goes by; what is neither better nor worse goes where failures go. */
const WANTS: Readonly<Record<NoticeKind, Wants>> = {
  failure: 'send_failure', degraded: 'send_degraded', recovery: 'send_recovery',
  no_data: 'send_failure', data_again: 'send_recovery',
  location_down: 'send_failure', location_up: 'send_recovery', digest: 'send_failure', egress_denied: 'send_failure',
  new_agent: 'send_failure', agent_conflict: 'send_failure', channel_failing: 'send_failure', quota: 'send_failure', test: 'send_failure',
};

export type Enqueued = { readonly notices: number; readonly deliveries: number };

/**
 * Stores notices, one delivery for each channel that wants it, and their jobs; all of it is there when `trx` commits,
 * and none if it does not. A notice that is stored already is left alone with its deliveries: replaying is harmless.
 *
 * Who gets it: of a check, its subscribers and its group's, and at the end of an alert also who was told of it. Of
 * checks that are listed by id, their subscribers. Of the account, the channels that subscribe by themselves, or all.
 */
export async function enqueueNotices(trx: Transaction<Database>, notices: readonly Notice[]): Promise<Enqueued> {
  if (notices.length === 0) return { notices: 0, deliveries: 0 };
  const inserted = await trx.insertInto('notices').values(notices.map((notice) => ({
    account_id: notice.accountId, id: notice.id, alert_id: notice.alertId, kind: notice.kind,
    check_id: notice.check?.id ?? null, location_id: notice.location?.id ?? null,
    payload: JSON.stringify(notice), created_at: new Date(notice.createdAtMs),
  }))).onConflict((conflict) => conflict.doNothing()).returning('id').execute();
  const fresh = new Set(inserted.map(({ id }) => id));
  let deliveries = 0;
  for (const notice of notices.filter(({ id }) => fresh.has(id.toLowerCase()))) deliveries += await enqueueDeliveries(trx, notice);
  return { notices: fresh.size, deliveries };
}

async function enqueueDeliveries(trx: Transaction<Database>, notice: Notice): Promise<number> {
  const channels = await audienceOf(trx, notice);
  if (channels.length === 0) return 0;
  const rows = await trx.insertInto('notice_deliveries').values(channels.map((channel) => ({
    account_id: notice.accountId, id: sql<string>`gen_random_uuid()`, notice_id: notice.id, alert_id: notice.alertId,
    channel_id: channel.id, channel_type: channel.type, alert_config: JSON.stringify(channel.config),
    channel_name: nameOf(channel),
  }))).returning('id').execute();
  await sql`select queue_delivery(id, now()) from unnest(${rows.map(({ id }) => id)}::uuid[]) as id`.execute(trx);
  return rows.length;
}

type AudienceRow = { readonly id: number; readonly type: string; readonly config: unknown };

async function audienceOf(trx: Transaction<Database>, notice: Notice): Promise<readonly AudienceRow[]> {
  const wants = sql.ref(`c.${WANTS[notice.kind]}`);
  const checkIds = notice.check ? [notice.check.id] : notice.affected?.checkIds ?? [];
  if (checkIds.length > 0) {
    const { rows } = await sql<AudienceRow>`
      select c.id, c.type, c.config from alert_channels c
      where c.account_id = ${notice.accountId} and c.disabled_at is null and ${wants} and (
        exists (
          select from alert_subscriptions s where s.account_id = c.account_id and s.channel_id = c.id and s.activated and (
            s.check_id = any(${checkIds}::uuid[])
            or s.group_id in (select k.group_id from checks k where k.account_id = c.account_id and k.id = any(${checkIds}::uuid[]))))
        or (${WANTS[notice.kind] === 'send_recovery'} and exists (
          select from notice_deliveries d where d.account_id = c.account_id and d.alert_id = ${notice.alertId} and d.channel_id = c.id))
      ) order by c.id`.execute(trx);
    return rows;
  }
  const { rows } = await sql<AudienceRow & { auto_subscribe: boolean }>`
    select c.id, c.type, c.config, c.auto_subscribe from alert_channels c
    where c.account_id = ${notice.accountId} and c.disabled_at is null and ${wants} and c.id is distinct from ${notice.channel?.id ?? null}
    order by c.id`.execute(trx);
  const subscribed = rows.filter((row) => row.auto_subscribe);
  return subscribed.length > 0 ? subscribed : rows;
}

function nameOf({ type, config }: AudienceRow): string {
  return isChannelType(type) ? channelName(type, (config ?? {}) as Record<string, unknown>) : type;
}
