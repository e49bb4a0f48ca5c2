import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { variablesIn } from '#shared/check/variables.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { invalidInput, notFound, type ApiError } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import type { ChannelTrouble, ChannelWrite, StoredChannel } from '../channels-port.ts';
import { validated } from '../validate.ts';
import {
  alertChannelEntity, AlertChannelEntity, AlertChannelWriteBody, channelWriteOf, SubscriptionBody, SubscriptionEntity, subscriptionOf, SubscriptionsBody,
} from '../wire/alert-channel-entity.ts';
import { limit, page } from '../wire/query.ts';
import { contentRange } from './checks.ts';
import { numericIdParam } from './groups.ts';

/** Where notices go, and who is subscribed. */
export function alertChannelRoutes(app: ApiApp, { store }: ApiDeps): void {
  const own = async (accountId: string, id: number): Promise<StoredChannel> => {
    const channel = await store.getChannel(accountId, id);
    if (channel === null) throw noSuchChannel(id);
    return channel;
  };

  app.get('/v1/alert-channels', {
    config: { scope: 'channels:read' },
    schema: { tags: ['alert channels'], summary: 'Your alert channels', querystring: z.object({ limit, page }), response: { 200: z.array(AlertChannelEntity) } },
  }, async (request, reply) => {
    const { entries, total } = await store.listChannels(callerOf(request).accountId, request.query);
    reply.header('content-range', contentRange((request.query.page - 1) * request.query.limit, entries.length, total));
    return reply.send(entries.map(alertChannelEntity));
  });

  app.post('/v1/alert-channels', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Create an alert channel',
      description: 'What `config` holds depends on the type. Keys, tokens and signing secrets are sealed, and answered as `[redacted]`; `{{KEY}}` stands for a variable of the account.',
      body: AlertChannelWriteBody, response: { 201: AlertChannelEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const write = channelWriteOf(request.body);
    await refuseUnknownVariables(accountId, write);
    return reply.code(201).send(alertChannelEntity(orThrow(await store.createChannel(accountId, write))));
  });

  app.get('/v1/alert-channels/:id', {
    config: { scope: 'channels:read' },
    schema: { tags: ['alert channels'], summary: 'Read an alert channel', params: numericIdParam, response: { 200: AlertChannelEntity } },
  }, async (request, reply) => reply.send(alertChannelEntity(await own(callerOf(request).accountId, request.params.id))));

  app.put('/v1/alert-channels/:id', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Replace an alert channel', description: 'A secret given as `[redacted]` stays. A channel that was switched off because it failed is tried again.',
      params: numericIdParam, body: AlertChannelWriteBody, response: { 200: AlertChannelEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    await own(accountId, request.params.id);
    const write = channelWriteOf(request.body);
    await refuseUnknownVariables(accountId, write);
    const replaced = await store.replaceChannel(accountId, request.params.id, write);
    if (replaced === 'not_found') throw noSuchChannel(request.params.id);
    return reply.send(alertChannelEntity(orThrow(replaced)));
  });

  app.delete('/v1/alert-channels/:id', {
    config: { scope: 'channels:write' },
    schema: { tags: ['alert channels'], summary: 'Delete an alert channel', description: 'With its subscriptions.', params: numericIdParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    if (!await store.deleteChannel(callerOf(request).accountId, request.params.id)) throw noSuchChannel(request.params.id);
    return reply.code(204).send();
  });

  app.put('/v1/alert-channels/:id/subscriptions', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Subscribe a check or a group',
      description: 'One subscription is added or changed; a list stands for all of them.',
      params: numericIdParam, body: z.union([SubscriptionBody, SubscriptionsBody]), response: { 200: z.union([SubscriptionEntity, z.array(SubscriptionEntity)]) },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = await own(accountId, request.params.id);
    if (Array.isArray(request.body)) {
      const wanted = validated(SubscriptionsBody, request.body).map(subscriptionOf);
      return reply.send([...orThrow(await store.setSubscriptions(accountId, id, wanted))]);
    }
    return reply.send(orThrow(await store.putSubscription(accountId, id, subscriptionOf(validated(SubscriptionBody, request.body)))));
  });

  async function refuseUnknownVariables(accountId: string, { config, type }: ChannelWrite): Promise<void> {
    const known = await store.variablesFor(accountId, null);
    // A template has names of its own, which are those of the message.
    const problems = Object.entries(config).filter(([field]) => !(type === 'WEBHOOK' && WITH_MESSAGE.has(field))).flatMap(([field, value]) =>
      variablesIn(JSON.stringify(value ?? '')).filter((name) => !known.has(name))
        .map((name) => problemAt(`config.${field}`, null, 'a variable that is there', `there is no variable '${name}'; make it with POST /v1/variables first`)));
    if (problems.length > 0) throw invalidInput(problems);
  }
}

/** Fields of a webhook that may name what the message says (checkly-api.md §4.4). */
const WITH_MESSAGE: ReadonlySet<string> = new Set(['template', 'url', 'headers', 'queryParameters']);

function orThrow<T>(answer: T | ChannelTrouble): T {
  if (typeof answer !== 'object' || answer === null || !('kind' in answer) || answer.kind !== 'missing') return answer as T;
  throw invalidInput(answer.paths.map((path) => (path.startsWith('config.')
    ? problemAt(path, null, 'the secret itself', 'is what was shown in place of a secret; there is none to keep, so give the secret itself')
    : problemAt(path, null, 'a check or group of this account', 'there is no such check or group'))));
}

function noSuchChannel(id: number): ApiError {
  return notFound(`the alert channel ${id}`);
}
