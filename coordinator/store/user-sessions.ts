/** Where people are signed in. */
import { sql } from 'kysely';
import type { UserStore } from '../api/users-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';

type Own = 'listAccountsOf' | 'switchAccount' | 'findUserSession' | 'openUserSession' | 'endUserSession' | 'listUserSessions' | 'revokeUserSession';

/** `last_seen_at` is written at most this often: reading must not write on every request. */
const NOTE_USE_EVERY_MS = 60_000;
/** Of one user in one account; the one used longest ago goes. */
const SESSIONS_MAX = 50;

export function userSessionStore(db: Db): Pick<UserStore, Own> {
  return {
    async findUserSession(tokenHash, idleMs) {
      // The account is what this finds out, so it is asked as the owner.
      const row = await db.selectFrom('user_sessions')
        .innerJoin('memberships', (join) => join.onRef('memberships.account_id', '=', 'user_sessions.account_id').onRef('memberships.user_id', '=', 'user_sessions.user_id'))
        .innerJoin('users', 'users.id', 'user_sessions.user_id')
        .select(['user_sessions.account_id', 'user_sessions.id', 'user_sessions.user_id', 'users.name', 'users.email', 'users.is_operator', 'memberships.role',
          sql<number>`extract(epoch from now() - last_seen_at) * 1000`.as('unseen_ms')])
        .where('token_hash', '=', Buffer.from(tokenHash)).where('expires_at', '>', sql<number>`now()`)
        .where('last_seen_at', '>', sql<number>`now() - ${idleMs} * interval '1 ms'`)
        .executeTakeFirst();
      if (!row) return null;
      if (Number(row.unseen_ms) > NOTE_USE_EVERY_MS) {
        await db.updateTable('user_sessions').set({ last_seen_at: sql<Date>`now()` }).where('account_id', '=', row.account_id).where('id', '=', row.id).execute();
      }
      return {
        accountId: row.account_id, keyId: `session-${row.id}`,
        user: { id: row.user_id, name: row.name, email: row.email, role: row.role, isOperator: row.is_operator, sessionId: row.id },
      };
    },

    async listAccountsOf(userId) {
      // Accounts of one person, which none of them alone may see: asked as the owner.
      return db.selectFrom('memberships').innerJoin('accounts', 'accounts.id', 'memberships.account_id')
        .select(['accounts.id', 'accounts.name', 'memberships.role']).where('memberships.user_id', '=', userId).orderBy('accounts.name').orderBy('accounts.id').execute();
    },

    async switchAccount(tokenHash, accountId) {
      const moved = await audited(db, (trx) => trx.updateTable('user_sessions').set({ account_id: accountId }).where('token_hash', '=', Buffer.from(tokenHash))
        .where((eb) => eb.exists(eb.selectFrom('memberships').select('user_id').where('memberships.account_id', '=', accountId).whereRef('memberships.user_id', '=', 'user_sessions.user_id')))
        .returning('id').executeTakeFirst());
      return moved !== undefined;
    },

    openUserSession: (session) => audited(db, async (trx) => {
      await trx.insertInto('user_sessions').values({
        account_id: session.accountId, id: session.id, user_id: session.userId, token_hash: Buffer.from(session.tokenHash),
        address: session.address, user_agent: session.userAgent, expires_at: sql<Date>`now() + ${session.lastsMs} * interval '1 ms'`,
      }).execute();
      await sql`delete from user_sessions where account_id = ${session.accountId} and user_id = ${session.userId} and (expires_at < now() or id in (
        select id from user_sessions where account_id = ${session.accountId} and user_id = ${session.userId} order by last_seen_at desc, created_at desc offset ${SESSIONS_MAX}))`.execute(trx);
    }),

    async endUserSession(tokenHash) {
      await audited(db, (trx) => trx.deleteFrom('user_sessions').using('users').whereRef('users.id', '=', 'user_sessions.user_id').where('token_hash', '=', Buffer.from(tokenHash))
        .returning(['user_sessions.account_id', 'users.id', 'users.email']).executeTakeFirst(),
      (ended) => (ended ? { accountId: ended.account_id, actor: { kind: 'user', id: ended.id, name: ended.email } } : null));
    },

    listUserSessions: (accountId, userId, idleMs) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('user_sessions').select(['id', 'address', 'user_agent', 'created_at', 'last_seen_at', 'expires_at'])
        .where('account_id', '=', accountId).where('user_id', '=', userId).where('expires_at', '>', sql<number>`now()`)
        .where('last_seen_at', '>', sql<number>`now() - ${idleMs} * interval '1 ms'`).orderBy('last_seen_at', 'desc').orderBy('id').execute();
      return rows.map((row) => ({
        id: row.id, address: row.address, userAgent: row.user_agent,
        createdAtMs: Math.trunc(row.created_at), lastSeenAtMs: Math.trunc(row.last_seen_at), expiresAtMs: Math.trunc(row.expires_at),
      }));
    }),

    revokeUserSession: (accountId, userId, id) => asAccount(db, accountId, async (trx) => {
      const revoked = await trx.deleteFrom('user_sessions').where('account_id', '=', accountId).where('user_id', '=', userId).where('id', '=', id).returning('id').executeTakeFirst();
      return revoked !== undefined;
    }),
  };
}
