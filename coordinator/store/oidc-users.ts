/** People whom an OpenID Connect provider vouches for. */
import { sql, type Transaction } from 'kysely';
import type { OidcEntry, OidcRefusal, Role, UserStore } from '../api/users-port.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;
type Entered = { readonly accountId: string; readonly userId: string; readonly email: string };
type Known = { readonly id: string; readonly email: string; readonly hasPassword: boolean; readonly isMember: boolean };

export function oidcUserStore(db: Db): Pick<UserStore, 'enterByOidc' | 'waysOf'> {
  return {
    async waysOf(userId, issuer) {
      const row = await db.selectFrom('users').select((eb) => ['password_hash', eb.exists(eb.selectFrom('user_identities').select('subject').where('issuer', '=', issuer).whereRef('user_id', '=', 'users.id')).as('is_connected')])
        .where('id', '=', userId).executeTakeFirst();
      return { hasPassword: (row?.password_hash ?? null) !== null, isConnected: Boolean(row?.is_connected) };
    },

    enterByOidc: (entry) => audited(db, (trx) => enter(trx, entry), (made) => (
      typeof made === 'string' ? null : { accountId: made.accountId, actor: { kind: 'user', id: made.userId, name: made.email } }
    )),
  };
}

async function enter(trx: Trx, entry: OidcEntry): Promise<OidcRefusal | Entered> {
  const { issuer, subject, verifiedEmail, signedInUserId } = entry;
  const bySubject = await knownAs(trx, sql<boolean>`users.id = (select user_id from user_identities where issuer = ${issuer} and subject = ${subject})`);
  if (bySubject === null && verifiedEmail === null) return 'unverified';
  const byEmail = bySubject ?? await knownAs(trx, sql<boolean>`users.email = ${verifiedEmail}`);
  // An address alone opens nothing that is somebody's: who invited it may have chosen its password.
  if (bySubject === null && byEmail?.isMember && byEmail.id !== signedInUserId) return byEmail.hasPassword ? 'has_password' : 'other_person';

  const places = await placesFor(trx, entry, byEmail?.isMember ?? false);
  if (byEmail?.isMember !== true && places.length === 0) return 'not_invited';
  const userId = byEmail?.id ?? await addUser(trx, entry);
  if (bySubject === null) {
    // Left over from somebody who is in no account any more: neither the old password nor the old identity comes back with the address.
    if (byEmail?.isMember === false) await forget(trx, userId);
    await trx.insertInto('user_identities').values({ issuer, subject, user_id: userId }).onConflict((conflict) => conflict.doNothing()).execute();
  }
  for (const { accountId, role } of places) {
    await trx.insertInto('memberships').values({ account_id: accountId, user_id: userId, role }).onConflict((conflict) => conflict.doNothing()).execute();
  }
  if (verifiedEmail !== null && places.length > 0) await trx.deleteFrom('invitations').where('email', '=', verifiedEmail).where('expires_at', '>', sql<number>`now()`).execute();
  const first = await trx.selectFrom('memberships').select('account_id').where('user_id', '=', userId).orderBy('created_at').orderBy('account_id').executeTakeFirstOrThrow();
  return { accountId: first.account_id, userId, email: byEmail?.email ?? verifiedEmail! };
}

async function knownAs(trx: Trx, who: ReturnType<typeof sql<boolean>>): Promise<Known | null> {
  const row = await trx.selectFrom('users').select((eb) => [
    'id', 'email', 'password_hash', eb.exists(eb.selectFrom('memberships').select('user_id').whereRef('memberships.user_id', '=', 'users.id')).as('is_member'),
  ]).where(who).forUpdate().executeTakeFirst();
  return row ? { id: row.id, email: row.email, hasPassword: row.password_hash !== null, isMember: Boolean(row.is_member) } : null;
}

/** Where the address is invited to; or else, for somebody who is nowhere yet, where newcomers go, if they may come. */
async function placesFor(trx: Trx, { verifiedEmail, newcomers }: OidcEntry, isMember: boolean): Promise<readonly { readonly accountId: string; readonly role: Role }[]> {
  // The first to come in is whoever holds the setup token, not whoever has an address.
  if (verifiedEmail === null || !await trx.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst()) return [];
  const invited = await trx.selectFrom('invitations').select(['account_id', 'role']).where('email', '=', verifiedEmail)
    .where('expires_at', '>', sql<number>`now()`).orderBy('created_at').orderBy('id').forUpdate().execute();
  if (invited.length > 0) return invited.map(({ account_id, role }) => ({ accountId: account_id, role }));
  if (isMember || newcomers === null) return [];
  const account = await trx.selectFrom('accounts').select('id').$if(newcomers.accountId !== null, (query) => query.where('id', '=', newcomers.accountId!))
    .orderBy('created_at').orderBy('id').limit(1).executeTakeFirst();
  return account ? [{ accountId: account.id, role: newcomers.role }] : [];
}

/** Two first visits at once make one user. */
async function addUser(trx: Trx, { newUserId, verifiedEmail, name }: OidcEntry): Promise<string> {
  const email = verifiedEmail!;
  await trx.insertInto('users').values({ id: newUserId, email, name: name ?? email.split('@')[0]!, password_hash: null }).onConflict((conflict) => conflict.column('email').doNothing()).execute();
  return (await trx.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id;
}

async function forget(trx: Trx, userId: string): Promise<void> {
  await trx.updateTable('users').set({ password_hash: null, is_operator: false }).where('id', '=', userId).execute();
  await trx.deleteFrom('user_identities').where('user_id', '=', userId).execute();
}
