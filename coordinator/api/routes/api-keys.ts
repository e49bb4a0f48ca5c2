import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import type { ApiApp } from '../api-app.ts';
import { invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { maskToken, mintToken } from '../keys.ts';
import { SCOPES } from '../scopes.ts';
import type { People } from '../sign-in/people.ts';
import { validated } from '../validate.ts';
import { ApiKeyEntity, apiKeyEntity } from '../wire/user-entities.ts';

const NAME_CHARS_MAX = 100;
const DAYS_MAX = 3_650;
const DAY_MS = 86_400_000;

const KeyBody = z.object({
  name: z.string().trim().min(1, 'must be at least 1 character').max(NAME_CHARS_MAX),
  scopes: z.array(z.enum(SCOPES)).min(1, 'must name at least one scope').max(SCOPES.length),
  expiresInDays: z.number().int().min(1).max(DAYS_MAX).nullable().default(null).meta({ description: 'null: until it is revoked' }),
});
const idParam = z.object({ id: z.string().max(100) });

/** The account's keys to this API. */
export function apiKeyRoutes(app: ApiApp, { store, deps }: People): void {
  app.get('/v1/api-keys', {
    config: { scope: 'keys:read' },
    schema: { tags: ['users'], summary: 'The API keys of the account', response: { 200: z.array(ApiKeyEntity) } },
  }, async (request, reply) => reply.send((await store.listApiKeys(callerOf(request).accountId)).map((key) => apiKeyEntity(key))));

  app.post('/v1/api-keys', {
    config: { scope: 'keys:write' },
    schema: { tags: ['users'], summary: 'Create an API key', description: 'Answers with the key, shown this once. It may do what you may, or less.', body: KeyBody, response: { 201: ApiKeyEntity } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const given = validated(KeyBody, request.body);
    const wider = given.scopes.flatMap((scope, index) => (caller.scopes.includes(scope) ? [] : [problemAt(`scopes.${index}`, scope, 'one of your own scopes', `cannot be given: you have not ${scope} yourself`)]));
    if (wider.length > 0) throw invalidInput(wider);
    const raw = mintToken('account', deps.randomBytes);
    const created = await store.createApiKey(caller.accountId, {
      id: deps.ids(), name: given.name, masked: maskToken(raw), hash: deps.hashToken(raw), scopes: [...new Set(given.scopes)],
      lastsMs: given.expiresInDays === null ? null : given.expiresInDays * DAY_MS,
    });
    return reply.code(201).send(apiKeyEntity(created, raw));
  });

  app.delete('/v1/api-keys/:id', {
    config: { scope: 'keys:write' },
    schema: { tags: ['users'], summary: 'Revoke an API key', description: 'At once.', params: idParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    if (!await store.revokeApiKey(callerOf(request).accountId, request.params.id)) throw notFound(`the API key ${request.params.id}`);
    return reply.code(204).send();
  });
}
