import { isDeepStrictEqual } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Check } from '#shared/check/check.ts';
import { problemAt } from '#shared/check/problem.ts';
import { valueAt } from '#shared/check/schema-problems.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { checkFrom, knownFor, type Known } from '../check-input.ts';
import { warnOfLoad } from '../load-warnings.ts';
import type { StoredCheck } from '../ports.ts';
import { CheckWriteBody } from '../wire/check-body.ts';
import { checkEntity } from '../wire/check-entity.ts';
import { CheckEntity } from '../wire/check-entity-schema.ts';
import { checkIdParam, flag, limit, page } from '../wire/query.ts';

const ListQuery = z.object({
  limit,
  page,
  tag: z.string().min(1).max(255).optional(),
  search: z.string().min(1).max(255).optional().meta({ description: 'part of the name' }),
  query: z.string().min(1).max(255).optional().meta({ description: 'the same as search' }),
});

const AssignQuery = z.object({
  autoAssignAlerts: flag.optional().meta({ description: 'true: subscribe every channel there is. Left out: so for a new check that names no subscriptions.' }),
});

/** Checks: create, list, read, replace, delete. `/v1/checks/tcp/{id}` and `/v1/checks/{id}` are one thing. */
export function checkRoutes(app: ApiApp, { store, ids, demand }: ApiDeps): void {
  app.post('/v1/checks/tcp', {
    config: { scope: 'checks:write' },
    schema: {
      tags: ['checks'], summary: 'Create a TCP check',
      description: 'Answers with the full check, defaults filled in. `Idempotency-Key` makes repeating it harmless. A header `Sonde-Warning` for each location that it brings beyond its capacity.',
      querystring: AssignQuery, body: CheckWriteBody, response: { 201: CheckEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const key = idempotencyKeyOf(request);
    const known = await knownFor(store, accountId, request.body);
    const check = withSubscriptions(checkFrom(request.body, known), request.body, { ...request.query, known, before: null });
    const id = ids();
    const stored = await store.createCheck(accountId, id, check, key);
    if (stored.id !== id) answersForRepeated(stored, check, reply);
    warnOfLoad(reply, { checkId: stored.id, check }, known.locations, demand);
    return sendCheck(reply.code(201).header('location', `/v1/checks/${stored.id}`), stored);
  });

  app.get('/v1/checks', {
    config: { scope: 'checks:read' },
    schema: {
      tags: ['checks'], summary: 'List checks', description: 'The header `Content-Range: first-last/total` says where the page stands.',
      querystring: ListQuery, response: { 200: z.array(CheckEntity) },
    },
  }, async (request, reply) => {
    const { tag, search = request.query.query, ...at } = request.query;
    const { entries, total } = await store.listChecks(callerOf(request).accountId, {
      limit: at.limit, page: at.page, ...(tag === undefined ? {} : { tag }), ...(search === undefined ? {} : { search }),
    });
    reply.header('content-range', contentRange((at.page - 1) * at.limit, entries.length, total));
    return reply.send(entries.map(checkEntity));
  });

  for (const url of ['/v1/checks/:id', '/v1/checks/tcp/:id']) {
    app.get(url, {
      config: { scope: 'checks:read' },
      schema: { tags: ['checks'], summary: 'Read a check', params: checkIdParam, response: { 200: CheckEntity } },
    }, async (request, reply) => sendCheck(reply, await savedCheck(store, callerOf(request).accountId, request.params.id)));

    app.put(url, {
      config: { scope: 'checks:write' },
      schema: {
        tags: ['checks'], summary: 'Replace a check',
        description: 'What is left out returns to its default. With `If-Match: "<revision>"` only if nobody changed it meanwhile (412 otherwise). `Sonde-Warning` as for creating.',
        params: checkIdParam, querystring: AssignQuery, body: CheckWriteBody, response: { 200: CheckEntity },
      },
    }, async (request, reply) => {
      const { accountId } = callerOf(request);
      const ifRevision = ifMatchOf(request);
      // Whose check it is comes before what is in the body: another account's id is 404 whatever was sent.
      const before = await savedCheck(store, accountId, request.params.id);
      const known = await knownFor(store, accountId, request.body);
      const check = withSubscriptions(checkFrom(request.body, known), request.body, { ...request.query, known, before });
      const replaced = await store.replaceCheck(accountId, request.params.id, check, ifRevision);
      if (replaced === 'not_found') throw noSuchCheck(request.params.id);
      if (replaced === 'conflict') throw new ApiError(412, 'the check was changed meanwhile: read it again and repeat the change');
      warnOfLoad(reply, { checkId: replaced.id, check }, known.locations, demand);
      return sendCheck(reply, replaced);
    });

    app.delete(url, {
      config: { scope: 'checks:write' },
      schema: { tags: ['checks'], summary: 'Delete a check', params: checkIdParam, response: { 204: z.undefined() } },
    }, async (request, reply) => {
      if (!await store.deleteCheck(callerOf(request).accountId, request.params.id)) throw noSuchCheck(request.params.id);
      return reply.code(204).send();
    });
  }
}

/** The account's check, or 404. */
export async function savedCheck(store: ApiDeps['store'], accountId: string, id: string): Promise<StoredCheck> {
  const stored = await store.getCheck(accountId, id);
  if (stored === null) throw noSuchCheck(id);
  return stored;
}

function noSuchCheck(id: string): ApiError {
  return notFound(`the check ${id}`);
}

function sendCheck(reply: FastifyReply, stored: StoredCheck): FastifyReply {
  return reply.header('etag', `"${stored.revision}"`).send(checkEntity(stored));
}

/** `0-9/42`, as the clients of this API read it; without entries `*` stands for the range. */
export function contentRange(first: number, count: number, total: number): string {
  return count === 0 ? `*/${total}` : `${first}-${first + count - 1}/${total}`;
}

/**
 * Who is subscribed: who is named. A new check that names nobody is subscribed to every channel, unless told not to by
 * `autoAssignAlerts=false`; then, and beside those named, to the channels that subscribe to new checks by themselves.
 * A change that names nobody leaves everything as it is.
 */
function withSubscriptions(
  check: Check, body: unknown, { autoAssignAlerts, known, before }: { readonly autoAssignAlerts?: boolean | undefined; readonly known: Known; readonly before: StoredCheck | null },
): Check {
  const named = valueAt(body, ['alertChannelSubscriptions']) ?? null;
  if (before !== null && named === null && autoAssignAlerts !== true) return { ...check, alertChannelSubscriptions: before.check.alertChannelSubscriptions };
  const taken = new Set(check.alertChannelSubscriptions.map(({ alertChannelId }) => alertChannelId));
  const isForAll = autoAssignAlerts ?? (before === null && named === null);
  const more = known.channels.filter(({ id, autoSubscribe }) => !taken.has(id) && (isForAll || (autoSubscribe && before === null && named === null)));
  return { ...check, alertChannelSubscriptions: [...check.alertChannelSubscriptions, ...more.map(({ id }) => ({ alertChannelId: id, activated: true }))] };
}

/** A repeated request gets the first one's answer; the same key with another check is a mistake. */
function answersForRepeated(stored: StoredCheck, wanted: Check, reply: FastifyReply): void {
  // After an edit nobody can tell any more what was first asked for.
  if (stored.revision === 1 && !isDeepStrictEqual({ ...stored.check, alertChannelSubscriptions: [] }, { ...wanted, alertChannelSubscriptions: [] })) {
    throw new ApiError(409, 'this Idempotency-Key was used to create another check; use a new key');
  }
  reply.header('idempotent-replayed', 'true');
}

/** Visible ASCII, so that it survives every proxy and log. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return key;
  throw invalidInput([problemAt('idempotency-key', null, '1 to 255 visible ASCII characters', 'must be 1 to 255 visible ASCII characters')]);
}

/** The revision of `If-Match: "7"`; null without one, and for `*`, which any existing check matches. */
function ifMatchOf(request: FastifyRequest): number | null {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return null;
  const revision = /^(?:W\/)?"?([1-9]\d{0,14})"?$/.exec(header)?.[1];
  if (revision !== undefined) return Number(revision);
  throw invalidInput([problemAt('if-match', header, '"<revision>"', 'must be one ETag of this check, e.g. "3", or *')]);
}
