/** The outbox: notices and their deliveries are stored, and queued, with what they tell of (rules.md 19). */
import { sql, type RawBuilder, type Transaction } from 'kysely';
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
  const column = <T>(of: (notice: Notice, row: AudienceRow) => T): T[] => audience.map((row) => of(notices[row.place]!, row));
  await sql`
    with stored as (
      insert into notice_deliveries (account_id, id, notice_id, alert_id, channel_id, channel_type, alert_config, channel_name)
      select account_id, gen_random_uuid(), notice_id, alert_id, channel_id, channel_type, alert_config, channel_name from unnest(
        ${column(({ accountId }) => accountId)}::uuid[], ${column(({ id }) => id)}::uuid[], ${column(({ alertId }) => alertId)}::uuid[], ${column((_, row) => row.id)}::integer[],
        ${column((_, row) => row.type)}::text[], ${column((_, row) => JSON.stringify(row.config))}::json[], ${column((_, row) => nameOf(row))}::text[]
      ) as given (account_id, notice_id, alert_id, channel_id, channel_type, alert_config, channel_name)
      returning id
    )
    select queue_deliveries(array_agg(id), now()) from stored`.execute(trx);
  return audience.length;
}

/** A channel that gets the notice at `place`. */
type AudienceRow = { readonly place: number; readonly id: number; readonly type: string; readonly config: unknown };

/**
 * Who gets which of these, in their order. Every list goes straight to an index: joined to each other, a few hundred
 * notices would cost more than everything else that a turn of the judge commits.
 */
async function audienceOf(trx: Transaction<Database>, notices: readonly Notice[]): Promise<readonly AudienceRow[]> {
  const placed = notices.map((notice, place) => ({ place, notice, checkIds: checksOf(notice) }));
  const about = placed.flatMap((one) => one.checkIds.map((checkId) => ({ ...one, checkId })));
  const ending = placed.filter(({ notice, checkIds }) => checkIds.length > 0 && WANTS[notice.kind] === 'send_recovery');
  const general = placed.filter(({ checkIds }) => checkIds.length === 0);
  const { rows } = await sql<AudienceRow>`
    with about as (
      select * from unnest(${about.map(placeOf)}::integer[], ${about.map(accountOf)}::uuid[], ${about.map(wantsOf)}::text[], ${about.map(({ checkId }) => checkId)}::uuid[])
        as given (place, account_id, wants, check_id)
    ), general as (
      select * from unnest(${general.map(placeOf)}::integer[], ${general.map(accountOf)}::uuid[], ${general.map(wantsOf)}::text[], ${general.map(({ notice }) => notice.channel?.id ?? null)}::integer[])
        as given (place, account_id, wants, failing_channel_id)
    ), told as (
      select about.place, about.account_id, about.wants, s.channel_id from about
        join alert_subscriptions s on s.account_id = about.account_id and s.check_id = about.check_id where s.activated
      union select about.place, about.account_id, about.wants, s.channel_id from about
        join checks k on k.account_id = about.account_id and k.id = about.check_id
        join alert_subscriptions s on s.account_id = k.account_id and s.group_id = k.group_id where s.activated
      union select ending.place, ending.account_id, 'send_recovery', d.channel_id
        from unnest(${ending.map(placeOf)}::integer[], ${ending.map(accountOf)}::uuid[], ${ending.map(({ notice }) => notice.alertId)}::uuid[]) as ending (place, account_id, alert_id)
        join notice_deliveries d on d.account_id = ending.account_id and d.alert_id = ending.alert_id
      union select general.place, general.account_id, general.wants, c.id from general
        join alert_channels c on c.account_id = general.account_id and c.id is distinct from general.failing_channel_id and ${isWilling('c', 'general')}
        where c.auto_subscribe or not exists (
          select from alert_channels o where o.account_id = general.account_id and o.id is distinct from general.failing_channel_id and o.auto_subscribe and ${isWilling('o', 'general')})
    )
    select told.place, c.id, c.type, c.config from told
    join alert_channels c on c.account_id = told.account_id and c.id = told.channel_id and ${isWilling('c', 'told')}
    order by told.place, c.id`.execute(trx);
  return rows;
}

type Placed = { readonly place: number; readonly notice: Notice };
const placeOf = ({ place }: Placed): number => place;
const accountOf = ({ notice }: Placed): string => notice.accountId;
const wantsOf = ({ notice }: Placed): Wants => WANTS[notice.kind];

/** The channel is on, and so is its switch that the other goes by. */
function isWilling(channel: string, other: string): RawBuilder<boolean> {
  const of = (column: string): RawBuilder<unknown> => sql.ref(`${channel}.${column}`);
  return sql<boolean>`${of('disabled_at')} is null and case ${sql.ref(`${other}.wants`)}
    when 'send_failure' then ${of('send_failure')} when 'send_degraded' then ${of('send_degraded')} else ${of('send_recovery')} end`;
}

/** Whose subscribers are told; none: it is of the account. */
function checksOf({ check, affected }: Notice): readonly string[] {
  return check ? [check.id] : affected?.checkIds ?? [];
}

function nameOf({ type, config }: AudienceRow): string {
  return isChannelType(type) ? channelName(type, (config ?? {}) as Record<string, unknown>) : type;
}
