/** Who was asked to join an account and has not come yet. */
import { sql, type Selectable } from 'kysely';
import type { Invitation, UserStore } from '../api/users-port.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Own = 'listInvitations' | 'invite' | 'revokeInvitation' | 'findInvitation' | 'acceptInvitation';

export function invitationStore(db: Db): Pick<UserStore, Own> {
  return {
    listInvitations: (accountId) => readAsAccount(db, accountId, async (trx) =>
      (await trx.selectFrom('invitations').selectAll().where('account_id', '=', accountId).orderBy('created_at').orderBy('id').execute()).map(toInvitation)),

    invite: (accountId, { id, email, role, invitedBy, tokenHash, lastsMs }) => asAccount(db, accountId, async (trx) => {
      const member = await trx.selectFrom('users').innerJoin('memberships', 'memberships.user_id', 'users.id').select('users.id')
        .where('memberships.account_id', '=', accountId).where('users.email', '=', email).executeTakeFirst();
      if (member) return 'member';
      await trx.deleteFrom('invitations').where('account_id', '=', accountId).where('email', '=', email).execute();
      return toInvitation(await trx.insertInto('invitations').values({
        account_id: accountId, id, email, role, invited_by: invitedBy, token_hash: Buffer.from(tokenHash), expires_at: sql<Date>`now() + ${lastsMs} * interval '1 ms'`,
      }).returningAll().executeTakeFirstOrThrow());
    }),

    revokeInvitation: (accountId, id) => asAccount(db, accountId, async (trx) =>
      await trx.deleteFrom('invitations').where('account_id', '=', accountId).where('id', '=', id).returning('id').executeTakeFirst() !== undefined),

    async findInvitation(tokenHash) {
      // The account is what this finds out, so it is asked as the owner.
      const row = await db.selectFrom('invitations').innerJoin('accounts', 'accounts.id', 'invitations.account_id').leftJoin('users', 'users.email', 'invitations.email')
        .selectAll('invitations').select(['accounts.name as account_name', 'users.id as user_id'])
        .where('token_hash', '=', Buffer.from(tokenHash)).where('expires_at', '>', sql<number>`now()`).executeTakeFirst();
      return row ? { ...toInvitation(row), accountId: row.account_id, accountName: row.account_name, isUser: row.user_id !== null } : null;
    },

    acceptInvitation: (tokenHash, user) => audited(db, async (trx): Promise<'not_found' | { readonly accountId: string; readonly userId: string }> => {
      // Deleted first: of two that accept at once, one finds it.
      const invitation = await trx.deleteFrom('invitations').where('token_hash', '=', Buffer.from(tokenHash))
        .where('expires_at', '>', sql<number>`now()`).returningAll().executeTakeFirst();
      if (!invitation) return 'not_found';
      await trx.insertInto('users').values({ id: user.id, email: invitation.email, name: user.name, password_hash: user.passwordHash })
        .onConflict((conflict) => conflict.column('email').doNothing()).execute();
      const { id: userId } = await trx.selectFrom('users').select('id').where('email', '=', invitation.email).executeTakeFirstOrThrow();
      await trx.insertInto('memberships').values({ account_id: invitation.account_id, user_id: userId, role: invitation.role })
        .onConflict((conflict) => conflict.doNothing()).execute();
      return { accountId: invitation.account_id, userId };
    }, (made) => (made === 'not_found' ? null : { accountId: made.accountId, actor: { kind: 'user', id: made.userId, name: user.email } })),
  };
}

function toInvitation(row: Selectable<Database['invitations']>): Invitation {
  return {
    id: row.id, email: row.email, role: row.role, invitedBy: row.invited_by,
    createdAtMs: Math.trunc(row.created_at), expiresAtMs: Math.trunc(row.expires_at),
  };
}
