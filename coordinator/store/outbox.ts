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
  const deliveries = await enqueueDeliveries(trx, notices.filter(({ id }) => fresh.has(id.toLowerCase())));
  return { notices: fresh.size, deliveries };
}

async function enqueueDeliveries(trx: Transaction<Database>, notices: readonly Notice[]): Promise<number> {
  if (notices.length === 0) return 0;
  const audience = await audienceOf(trx, notices);
  if (audience.length === 0) return 0;
  const column = <T>(of: (row: AudienceRow) => T): T[] => audience.map(of);
  await sql`
    with stored as (
      insert into notice_deliveries (account_id, id, notice_id, alert_id, channel_id, channel_type, alert_config, channel_name)
      select account_id, gen_random_uuid(), notice_id, alert_id, channel_id, channel_type, alert_config, channel_name from unnest(
        ${column((row) => row.account_id)}::uuid[], ${column((row) => row.notice_id)}::uuid[], ${column((row) => row.alert_id)}::uuid[], ${column((row) => row.id)}::integer[],
        ${column((row) => row.type)}::text[], ${column((row) => JSON.stringify(row.config))}::json[], ${column(nameOf)}::text[]
      ) as given (account_id, notice_id, alert_id, channel_id, channel_type, alert_config, channel_name)
      returning id
    )
    select queue_delivery(id, now()) from stored`.execute(trx);
  return audience.length;
}

type AudienceRow = {
  readonly account_id: string; readonly notice_id: string; readonly alert_id: string | null;
  /** Of the channel. */
  readonly id: number; readonly type: string; readonly config: unknown;
};

/** Who gets which of these, one row for each delivery, in the order of the notices. */
async function audienceOf(trx: Transaction<Database>, notices: readonly Notice[]): Promise<readonly AudienceRow[]> {
  const column = <T>(of: (notice: Notice) => T): T[] => notices.map(of);
  const about = notices.flatMap((notice, place) => checksOf(notice).map((checkId) => ({ place, checkId })));
  const { rows } = await sql<AudienceRow>`
    with notice as (
      select * from unnest(
        ${column(({ accountId }) => accountId)}::uuid[], ${column(({ id }) => id)}::uuid[], ${column(({ alertId }) => alertId)}::uuid[], ${column(({ kind }) => WANTS[kind])}::text[],
        ${column((one) => checksOf(one).length > 0)}::boolean[], ${column(({ channel }) => channel?.id ?? null)}::integer[]
      ) with ordinality as given (account_id, id, alert_id, wants, is_of_checks, failing_channel_id, place)
    ), about as (
      select notice.account_id, notice.place, given.check_id
      from unnest(${about.map(({ place }) => place + 1)}::bigint[], ${about.map(({ checkId }) => checkId)}::uuid[]) as given (place, check_id) join notice using (place)
    ), willing as (
      select c.account_id, c.id, c.type, c.config, c.auto_subscribe, wants.wants from alert_channels c
      cross join lateral (values ('send_failure', c.send_failure), ('send_degraded', c.send_degraded), ('send_recovery', c.send_recovery)) as wants (wants, is_on)
      where c.account_id in (select account_id from notice) and c.disabled_at is null and wants.is_on
    ), told as (
      select about.place, s.channel_id from about join alert_subscriptions s on s.account_id = about.account_id and s.check_id = about.check_id where s.activated
      union select about.place, s.channel_id from about join checks k on k.account_id = about.account_id and k.id = about.check_id
        join alert_subscriptions s on s.account_id = k.account_id and s.group_id = k.group_id where s.activated
      union select notice.place, d.channel_id from notice join notice_deliveries d on d.account_id = notice.account_id and d.alert_id = notice.alert_id
        where notice.is_of_checks and notice.wants = 'send_recovery'
      union select notice.place, c.id from notice join willing c on c.account_id = notice.account_id and c.wants = notice.wants and c.id is distinct from notice.failing_channel_id
        where not notice.is_of_checks and (c.auto_subscribe or not exists (
          select from willing o where o.account_id = notice.account_id and o.wants = notice.wants and o.auto_subscribe and o.id is distinct from notice.failing_channel_id))
    )
    select notice.account_id, notice.id as notice_id, notice.alert_id, c.id, c.type, c.config
    from told join notice using (place) join willing c on c.account_id = notice.account_id and c.id = told.channel_id and c.wants = notice.wants
    order by notice.place, c.id`.execute(trx);
  return rows;
}

/** Whose subscribers are told; none: it is of the account. */
function checksOf({ check, affected }: Notice): readonly string[] {
  return check ? [check.id] : affected?.checkIds ?? [];
}

function nameOf({ type, config }: AudienceRow): string {
  return isChannelType(type) ? channelName(type, (config ?? {}) as Record<string, unknown>) : type;
}
