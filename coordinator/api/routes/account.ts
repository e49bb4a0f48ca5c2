import type { ApiApp, ApiDeps } from '../api-app.ts';
import { notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { AccountEntity, accountEntity } from '../wire/account-entity.ts';

/** Whose key is this? */
export function accountRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.get('/v1/accounts/me', {
    config: { scope: 'account:read' },
    schema: { tags: ['account'], summary: 'The account of this key', response: { 200: AccountEntity } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const account = await store.getAccount(caller.accountId);
    if (account === null) throw notFound('the account of this key');
    return reply.send(accountEntity(account, caller));
  });
}
