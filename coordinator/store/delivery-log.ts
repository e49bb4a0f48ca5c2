/** What people see of deliveries, and sending one again. */
import { sql, type Transaction } from 'kysely';
import type { DeliveryLogStore, DeliveryRecord } from '../api/deliveries-port.ts';
import { channelName, isChannelType } from '../channels/channel-kinds.ts';
import type { Answer } from '../channels/outgoing.ts';
import type { StoredChannel } from '../pipeline/delivery-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

export type DeliveryChannels = {
  /** A channel as delivery needs it; null: the account has none with this id. */
  findDeliveryChannel(accountId: string, id: number): Promise<StoredChannel | null>;
};

export function deliveryLogStore(db: Db): DeliveryLogStore & DeliveryChannels {
  return {
    listDeliveries: (accountId, { limit, page, fromMs, toMs, channelId, checkId, hasFailures }) => readAsAccount(db, accountId, async (trx) => {
      const matching = () => trx.selectFrom('notice_deliveries as d').innerJoin('notices as n', (join) => join.onRef('n.account_id', '=', 'd.account_id').onRef('n.id', '=', 'd.notice_id'))
        .where('d.account_id', '=', accountId).where('d.created_at', '>=', sql<number>`${new Date(fromMs)}`).where('d.created_at', '<', sql<number>`${new Date(toMs)}`)
        .$if(channelId !== undefined, (query) => query.where('d.channel_id', '=', channelId!))
        .$if(checkId !== undefined, (query) => query.where('n.check_id', '=', checkId!))
        .$if(hasFailures === true, (query) => query.where('d.state', 'in', ['dead', 'dropped']))
        .$if(hasFailures === false, (query) => query.where('d.state', 'not in', ['dead', 'dropped']));
      const rows = await matching().select(COLUMNS).orderBy('d.created_at', 'desc').orderBy('d.id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await matching().select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: rows.map(toRecord), total };
    }),

    resendDelivery: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const state = await trx.selectFrom('notice_deliveries').select('state').where('account_id', '=', accountId).where('id', '=', id).forUpdate().executeTakeFirst();
      if (!state) return 'not_found';
      if (state.state === 'pending') return 'pending';
      await sql`
        update notice_deliveries set state = 'pending', due_at = now(), attempting_since = null, has_slot = false, is_rate_limited = false,
          attempts_before = attempts, delivered_at = null, updated_at = now()
        where account_id = ${accountId} and id = ${id}`.execute(trx);
      await sql`select queue_delivery(${id}, now())`.execute(trx);
      return toRecord(await readOne(trx, accountId, id));
    }),

    findDeliveryChannel: (accountId, id) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('alert_channels').select(['type', 'config', 'sealed']).where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      if (!row || !isChannelType(row.type)) return null;
      const shown = (row.config ?? {}) as Record<string, unknown>;
      return { id, accountId, type: row.type, name: channelName(row.type, shown), shown, sealed: row.sealed };
    }),
  };
}

const COLUMNS = [
  'd.id', 'd.notice_id', 'd.channel_id', 'd.channel_type', 'd.channel_name', 'd.alert_config', 'd.state', 'd.is_rate_limited', 'd.attempts', 'd.answer',
  'd.created_at', 'd.due_at', 'd.delivered_at', 'd.alert_id', 'n.kind', 'n.check_id', 'n.payload',
] as const;

function readOne(trx: Transaction<Database>, accountId: string, id: string) {
  return trx.selectFrom('notice_deliveries as d').innerJoin('notices as n', (join) => join.onRef('n.account_id', '=', 'd.account_id').onRef('n.id', '=', 'd.notice_id'))
    .select(COLUMNS).where('d.account_id', '=', accountId).where('d.id', '=', id).executeTakeFirstOrThrow();
}

function toRecord(row: Awaited<ReturnType<typeof readOne>>): DeliveryRecord {
  return {
    id: row.id, noticeId: row.notice_id, kind: row.kind, title: row.payload.title, channelId: row.channel_id, channelType: row.channel_type, channelName: row.channel_name,
    channelConfig: (row.alert_config ?? {}) as Record<string, unknown>, state: row.state, isRateLimited: row.is_rate_limited, attempts: row.attempts,
    answer: row.answer as Answer | null, createdAtMs: row.created_at, dueAtMs: row.due_at, deliveredAtMs: row.delivered_at,
    alertId: row.alert_id, checkId: row.check_id, resultId: row.payload.result?.runId ?? null,
  };
}
