/** Who is told of which check or group: one table, seen from checks, from groups and from channels. */
import type { Transaction } from 'kysely';
import type { AlertChannelSubscription } from '#shared/check/check.ts';
import type { Subscription, SubscriptionWrite } from '../api/channels-port.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
export type Subscriber = { readonly checkId: string } | { readonly groupId: number };

/** These and no others. Channels that are gone meanwhile are left out. */
export async function writeSubscriptions(trx: Trx, accountId: string, of: Subscriber, subscriptions: readonly AlertChannelSubscription[]): Promise<void> {
  const before = trx.deleteFrom('alert_subscriptions').where('account_id', '=', accountId);
  await ('checkId' in of ? before.where('check_id', '=', of.checkId) : before.where('group_id', '=', of.groupId)).execute();
  if (subscriptions.length === 0) return;
  const wanted = new Map(subscriptions.map((one) => [one.alertChannelId, one.activated]));
  const channels = await trx.selectFrom('alert_channels').select('id').where('account_id', '=', accountId).where('id', 'in', [...wanted.keys()]).orderBy('id').execute();
  if (channels.length === 0) return;
  await trx.insertInto('alert_subscriptions').values(channels.map(({ id }) => ({
    account_id: accountId, channel_id: id, check_id: 'checkId' in of ? of.checkId : null, group_id: 'groupId' in of ? of.groupId : null,
    activated: wanted.get(id) ?? true,
  }))).execute();
}

/** By the id of the check. */
export async function subscriptionsOfChecks(trx: Trx, accountId: string, checkIds: readonly string[]): Promise<ReadonlyMap<string, readonly AlertChannelSubscription[]>> {
  if (checkIds.length === 0) return new Map();
  const rows = await trx.selectFrom('alert_subscriptions').select(['check_id', 'channel_id', 'activated'])
    .where('account_id', '=', accountId).where('check_id', 'in', checkIds).orderBy('channel_id').execute();
  return new Map([...Map.groupBy(rows, (row) => row.check_id!)].map(([id, own]) => [id, own.map(toCheckSubscription)]));
}

/** By the id of the group. */
export async function subscriptionsOfGroups(trx: Trx, accountId: string, groupIds: readonly number[]): Promise<ReadonlyMap<number, readonly AlertChannelSubscription[]>> {
  if (groupIds.length === 0) return new Map();
  const rows = await trx.selectFrom('alert_subscriptions').select(['group_id', 'channel_id', 'activated'])
    .where('account_id', '=', accountId).where('group_id', 'in', groupIds).orderBy('channel_id').execute();
  return new Map([...Map.groupBy(rows, (row) => row.group_id!)].map(([id, own]) => [id, own.map(toCheckSubscription)]));
}

export async function subscriptionsOfChannels(trx: Trx, accountId: string, channelIds: readonly number[]): Promise<ReadonlyMap<number, readonly Subscription[]>> {
  if (channelIds.length === 0) return new Map();
  const rows = await trx.selectFrom('alert_subscriptions').selectAll().where('account_id', '=', accountId).where('channel_id', 'in', channelIds).orderBy('id').execute();
  return new Map([...Map.groupBy(rows, (row) => row.channel_id)].map(([id, own]) => [id, own.map((row) => ({
    id: Number(row.id), checkId: row.check_id, groupId: row.group_id, activated: row.activated,
  }))]));
}

/** Adds it, or changes the one there is. null: there is no such check or group. */
export async function putSubscription(trx: Trx, accountId: string, channelId: number, { checkId, groupId, activated }: SubscriptionWrite): Promise<Subscription | null> {
  const isThere = checkId !== null
    ? await trx.selectFrom('checks').select('id').where('account_id', '=', accountId).where('id', '=', checkId).where('deleted_at', 'is', null).executeTakeFirst()
    : await trx.selectFrom('check_groups').select('id').where('account_id', '=', accountId).where('id', '=', groupId ?? 0).executeTakeFirst();
  if (!isThere) return null;
  const row = await trx.insertInto('alert_subscriptions')
    .values({ account_id: accountId, channel_id: channelId, check_id: checkId, group_id: checkId === null ? groupId : null, activated })
    .onConflict((conflict) => conflict.columns(['account_id', 'channel_id', checkId === null ? 'group_id' : 'check_id']).doUpdateSet({ activated }))
    .returningAll().executeTakeFirstOrThrow();
  return { id: Number(row.id), checkId: row.check_id, groupId: row.group_id, activated: row.activated };
}

function toCheckSubscription(row: { readonly channel_id: number; readonly activated: boolean }): AlertChannelSubscription {
  return { alertChannelId: row.channel_id, activated: row.activated };
}
