/** Users, their accounts and the first of them. */
import { sql, type Transaction } from 'kysely';
import type { User, UserStore } from '../api/users-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type Own = 'isSetupNeeded' | 'offerSetup' | 'setUp' | 'findUser' | 'passwordHashOf' | 'changePassword' | 'listUsers' | 'changeRole' | 'removeUser';

export function userStore(db: Db): Pick<UserStore, Own> {
  const isSetupNeeded = async (at: Db | Trx = db): Promise<boolean> => !await at.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst();
  return {
    isSetupNeeded: () => isSetupNeeded(),

    async offerSetup(tokenHash) {
      await db.insertInto('setup_tokens').values({ token_hash: Buffer.from(tokenHash) }).onConflict((conflict) => conflict.doNothing()).execute();
    },

    setUp: (tokenHash, owner, accountName) => audited(db, async (trx): Promise<'wrong_token' | { readonly accountId: string }> => {
      // Of two that come at once with the token, one sets up.
      await sql`lock table setup_tokens in exclusive mode`.execute(trx);
      const token = await trx.selectFrom('setup_tokens').select('token_hash').where('token_hash', '=', Buffer.from(tokenHash)).executeTakeFirst();
      if (!token || !await isSetupNeeded(trx)) return 'wrong_token';
      await trx.deleteFrom('setup_tokens').execute();
      const { id: accountId } = await trx.selectFrom('accounts').select('id').orderBy('created_at').orderBy('id').limit(1).executeTakeFirstOrThrow();
      if (accountName !== null) await trx.updateTable('accounts').set({ name: accountName }).where('id', '=', accountId).execute();
      await trx.insertInto('users').values({ id: owner.id, email: owner.email, name: owner.name, password_hash: owner.passwordHash, is_operator: true }).execute();
      await trx.insertInto('memberships').values({ account_id: accountId, user_id: owner.id, role: 'owner' }).execute();
      return { accountId };
    }, (made) => (made === 'wrong_token' ? null : { accountId: made.accountId, actor: { kind: 'user', id: owner.id, name: owner.email } })),

    async findUser(email) {
      // Which account it is is what this finds out, so it is asked as the owner.
      const row = await db.selectFrom('users').innerJoin('memberships', 'memberships.user_id', 'users.id')
        .select(['users.id', 'users.password_hash', 'memberships.account_id']).where('users.email', '=', email)
        .orderBy('memberships.created_at').limit(1).executeTakeFirst();
      return row ? { id: row.id, passwordHash: row.password_hash, accountId: row.account_id } : null;
    },

    async passwordHashOf(userId) {
      return (await db.selectFrom('users').select('password_hash').where('id', '=', userId).executeTakeFirst())?.password_hash ?? null;
    },

    changePassword: (userId, passwordHash, keptSessionId) => audited(db, async (trx) => {
      await trx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
      await trx.deleteFrom('user_sessions').where('user_id', '=', userId).where('id', '<>', keptSessionId).execute();
    }),

    listUsers: (accountId) => readAsAccount(db, accountId, (trx) => usersOf(trx, accountId)),

    changeRole: (accountId, userId, role) => asAccount(db, accountId, async (trx) => {
      const refused = await refusal(trx, accountId, userId, role === 'owner');
      if (refused) return refused;
      await trx.updateTable('memberships').set({ role }).where('account_id', '=', accountId).where('user_id', '=', userId).execute();
      return (await usersOf(trx, accountId)).find(({ id }) => id === userId) ?? 'not_found';
    }),

    removeUser: (accountId, userId) => asAccount(db, accountId, async (trx) => {
      const refused = await refusal(trx, accountId, userId, false);
      if (refused) return refused;
      await trx.deleteFrom('memberships').where('account_id', '=', accountId).where('user_id', '=', userId).execute();
      return 'removed';
    }),
  };
}

/** An account keeps an owner: of two that would take the last one away at once, one waits here and is refused. */
async function refusal(trx: Trx, accountId: string, userId: string, staysOwner: boolean): Promise<'not_found' | 'last_owner' | null> {
  const members = await trx.selectFrom('memberships').select(['user_id', 'role']).where('account_id', '=', accountId).orderBy('user_id').forUpdate().execute();
  const member = members.find(({ user_id }) => user_id === userId);
  if (!member) return 'not_found';
  const isLastOwner = member.role === 'owner' && members.filter(({ role }) => role === 'owner').length === 1;
  return isLastOwner && !staysOwner ? 'last_owner' : null;
}

async function usersOf(trx: Trx, accountId: string): Promise<readonly User[]> {
  const rows = await trx.selectFrom('memberships').innerJoin('users', 'users.id', 'memberships.user_id')
    .select((eb) => [
      'users.id', 'users.name', 'users.email', 'memberships.role', 'memberships.created_at',
      eb.selectFrom('user_sessions').select((of) => of.fn.max('last_seen_at').as('at'))
        .whereRef('user_sessions.account_id', '=', 'memberships.account_id').whereRef('user_sessions.user_id', '=', 'users.id').as('last_seen_at'),
    ])
    .where('memberships.account_id', '=', accountId).orderBy('memberships.created_at').orderBy('users.id').execute();
  return rows.map(({ id, name, email, role, created_at, last_seen_at }) => ({
    id, name, email, role, createdAtMs: Math.trunc(created_at), lastSeenAtMs: last_seen_at === null ? null : Math.trunc(Number(last_seen_at)),
  }));
}
