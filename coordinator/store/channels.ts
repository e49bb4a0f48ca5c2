/** Alert channels: what may be shown in the open, what may not sealed beside it. */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { ChannelStore, ChannelTrouble, ChannelWrite, StoredChannel, Subscription, SubscriptionWrite } from '../api/channels-port.ts';
import { isChannelType, type ChannelType } from '../channels/channel-kinds.ts';
import { joinConfig, splitConfig, type ConfigSecrets } from '../channels/split-config.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { openedSecrets } from '../secrets/open-channel.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';
import { sealedRow } from '../secrets/sealed-row.ts';
import { putSubscription, subscriptionsOfChannels } from './subscriptions.ts';

type Trx = Transaction<Database>;
type ChannelRow = Selectable<Database['alert_channels']>;
type Config = Readonly<Record<string, unknown>>;

/** Rolls the transaction back. */
class Missing extends Error {
  readonly trouble: ChannelTrouble;
  constructor(paths: readonly string[]) {
    super('missing');
    this.trouble = { kind: 'missing', paths };
  }
}

const asTrouble = (cause: unknown): ChannelTrouble => {
  if (cause instanceof Missing) return cause.trouble;
  throw cause;
};

export function channelStore(db: Db, sealer: Sealer): ChannelStore {
  return {
    listChannels: (accountId, { limit, page }) => readAsAccount(db, accountId, async (trx) => {
      const rows = await channelRows(trx, accountId).orderBy('id').limit(limit).offset((page - 1) * limit).execute();
      const { total } = await trx.selectFrom('alert_channels').where('account_id', '=', accountId).select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
      return { entries: await toStoredChannels(trx, accountId, rows), total };
    }),

    getChannel: (accountId, id) => readAsAccount(db, accountId, (trx) => read(trx, accountId, id)),

    createChannel: (accountId, write) => asAccount(db, accountId, async (trx) => {
      const { shown, secrets } = parts(write, null);
      const { id } = await trx.insertInto('alert_channels').values({ account_id: accountId, type: write.type, config: JSON.stringify(shown), ...switchesOf(write) })
        .returning('id').executeTakeFirstOrThrow();
      await seal(trx, accountId, id, secrets, sealer);
      if (write.subscriptions !== null) await replaceSubscriptions(trx, accountId, id, write.subscriptions);
      return (await read(trx, accountId, id))!;
    }).catch(asTrouble),

    replaceChannel: (accountId, id, write) => asAccount(db, accountId, async (trx) => {
      const before = await channelRows(trx, accountId).where('id', '=', id).forUpdate().executeTakeFirst();
      if (!before) return 'not_found' as const;
      const { shown, secrets } = parts(write, before.type === write.type ? wholeConfig(before, sealer) : null);
      await trx.updateTable('alert_channels').set({
        type: write.type, config: JSON.stringify(shown), ...switchesOf(write), disabled_at: null, disabled_reason: null, updated_at: sql<Date>`clock_timestamp()`,
      }).where('account_id', '=', accountId).where('id', '=', id).execute();
      await seal(trx, accountId, id, secrets, sealer);
      if (write.subscriptions !== null) await replaceSubscriptions(trx, accountId, id, write.subscriptions);
      return (await read(trx, accountId, id))!;
    }).catch(asTrouble),

    deleteChannel: (accountId, id) => asAccount(db, accountId, async (trx) => {
      const { numDeletedRows } = await trx.deleteFrom('alert_channels').where('account_id', '=', accountId).where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    }),

    putSubscription: (accountId, channelId, subscription) => asAccount(db, accountId, async (trx) => {
      const put = await putSubscription(trx, accountId, channelId, subscription);
      if (put === null) throw new Missing([subscription.checkId === null ? 'groupId' : 'checkId']);
      return put;
    }).catch(asTrouble),

    setSubscriptions: (accountId, channelId, subscriptions) => asAccount(db, accountId, (trx) => replaceSubscriptions(trx, accountId, channelId, subscriptions)).catch(asTrouble),

    listChannelIds: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('alert_channels').select(['id', 'auto_subscribe']).where('account_id', '=', accountId).orderBy('id').execute();
      return rows.map((row) => ({ id: row.id, autoSubscribe: row.auto_subscribe }));
    }),
  };
}

/** With its secrets. null when they cannot be opened, because their key is gone. */
function wholeConfig(row: Pick<ChannelRow, 'account_id' | 'id' | 'config' | 'sealed'>, sealer: Sealer): Config | null {
  const shown = row.config as Config;
  const secrets = openedSecrets({ accountId: row.account_id, id: row.id, sealed: row.sealed }, sealer);
  return secrets === null ? null : joinConfig(shown, secrets);
}

function channelRows(trx: Trx, accountId: string) {
  return trx.selectFrom('alert_channels').selectAll().where('account_id', '=', accountId);
}

function parts(write: ChannelWrite, before: Config | null): { readonly shown: Config; readonly secrets: ConfigSecrets } {
  const { shown, secrets, missing } = splitConfig(write.type, write.config, before);
  if (missing.length > 0) throw new Missing(missing.map((path) => `config.${path}`));
  return { shown, secrets };
}

/** Its seal names the row, so the row comes first. */
async function seal(trx: Trx, accountId: string, id: number, secrets: ConfigSecrets, sealer: Sealer): Promise<void> {
  const isNone = Object.keys(secrets).length === 0;
  const sealed = isNone ? null : Buffer.from(sealer.seal(JSON.stringify(secrets), sealedRow.channel(accountId, id)));
  await trx.updateTable('alert_channels').set({ sealed }).where('account_id', '=', accountId).where('id', '=', id).execute();
}

async function replaceSubscriptions(trx: Trx, accountId: string, channelId: number, subscriptions: readonly SubscriptionWrite[]): Promise<readonly Subscription[]> {
  await trx.deleteFrom('alert_subscriptions').where('account_id', '=', accountId).where('channel_id', '=', channelId).execute();
  const missing: string[] = [];
  for (const [index, subscription] of subscriptions.entries()) {
    if (await putSubscription(trx, accountId, channelId, subscription) === null) missing.push(`${index}.${subscription.checkId === null ? 'groupId' : 'checkId'}`);
  }
  if (missing.length > 0) throw new Missing(missing);
  return (await subscriptionsOfChannels(trx, accountId, [channelId])).get(channelId) ?? [];
}

function switchesOf(write: ChannelWrite) {
  return {
    send_failure: write.sendFailure, send_degraded: write.sendDegraded, send_recovery: write.sendRecovery,
    ssl_expiry: write.sslExpiry, ssl_expiry_threshold: write.sslExpiryThreshold, auto_subscribe: write.autoSubscribe,
  };
}

async function read(trx: Trx, accountId: string, id: number): Promise<StoredChannel | null> {
  const [channel] = await toStoredChannels(trx, accountId, await channelRows(trx, accountId).where('id', '=', id).execute());
  return channel ?? null;
}

async function toStoredChannels(trx: Trx, accountId: string, rows: readonly ChannelRow[]): Promise<readonly StoredChannel[]> {
  const subscriptions = await subscriptionsOfChannels(trx, accountId, rows.map(({ id }) => id));
  return rows.map((row) => ({
    id: row.id, type: typeOf(row.type), config: row.config as Config, subscriptions: subscriptions.get(row.id) ?? [],
    sendFailure: row.send_failure, sendDegraded: row.send_degraded, sendRecovery: row.send_recovery,
    sslExpiry: row.ssl_expiry, sslExpiryThreshold: row.ssl_expiry_threshold, autoSubscribe: row.auto_subscribe,
    disabledReason: row.disabled_reason, createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at),
  }));
}

function typeOf(type: string): ChannelType {
  if (isChannelType(type)) return type;
  throw new Error(`a stored alert channel is of the type ${type}, which is none`);
}
