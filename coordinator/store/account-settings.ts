/** What an account says for itself: how long it keeps results, and whether its badges are for everybody. */
import { sql } from 'kysely';
import type { AccountSettingsStore } from '../api/account-settings-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';

export function accountSettingsStore(db: Db): AccountSettingsStore {
  return {
    readRetention: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('retention').select(['raw_days as raw', 'hourly_days as hourly', 'daily_days as daily']).where('account_id', '=', accountId).executeTakeFirst();
      return row ?? null;
    }),

    setRetention: (accountId, days) => asAccount(db, accountId, async (trx) => {
      if (days === null) {
        await trx.deleteFrom('retention').where('account_id', '=', accountId).execute();
        return;
      }
      const changed = { raw_days: days.raw, hourly_days: days.hourly, daily_days: days.daily, updated_at: sql<Date>`clock_timestamp()` };
      await trx.insertInto('retention').values({ account_id: accountId, ...changed }).onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed)).execute();
    }),

    hasPublicBadges: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const row = await trx.selectFrom('account_settings').select('public_badges').where('account_id', '=', accountId).executeTakeFirst();
      return row?.public_badges ?? false;
    }),

    setPublicBadges: (accountId, isOn) => asAccount(db, accountId, async (trx) => {
      const changed = { public_badges: isOn, updated_at: sql<Date>`clock_timestamp()` };
      await trx.insertInto('account_settings').values({ account_id: accountId, ...changed }).onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed)).execute();
    }),

    findPublicBadge: async (checkId) => {
      const row = await db.selectFrom('checks').innerJoin('account_settings', 'account_settings.account_id', 'checks.account_id').select('checks.account_id')
        .where('checks.id', '=', checkId).where('checks.deleted_at', 'is', null).where('account_settings.public_badges', '=', true).executeTakeFirst();
      return row ? { accountId: row.account_id } : null;
    },
  };
}
