import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { CHANNEL_FORMS } from '../../channels/channel-forms.ts';
import { CHANNEL_TYPES } from '../../channels/channel-kinds.ts';
import { channelSchemas } from '../../channels/channel-schemas.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';
import { alertNotificationEntity, AlertNotificationEntity, channelTestEntity, ChannelTestEntity } from '../wire/alert-notification-entity.ts';
import { checkIdParam, flag, instantMs, limit, page } from '../wire/query.ts';
import { contentRange } from './checks.ts';

const DAY_MS = 86_400_000;
/** One question covers at most this; longer ranges are asked for one after the other. */
const RANGE_MAX_MS = 31 * DAY_MS;

const LogQuery = z.object({
  limit, page, from: instantMs.optional(), to: instantMs.optional(), hasFailures: flag.optional(),
  alertChannelId: z.coerce.number().int().min(1).max(2_147_483_647).optional(), checkId: checkIdParam.shape.id.optional(),
});
const deliveryParam = z.object({ id: z.guid().transform((id) => id.toLowerCase()).meta({ description: 'the id of the alert notification' }) });
/** Any text: what is no number is no channel. */
const channelParam = z.object({ id: z.string().max(64).meta({ description: 'the id of the channel' }) });

const TestBody = z.strictObject({
  type: z.enum(CHANNEL_TYPES),
  config: z.record(z.string(), z.unknown()),
  id: z.int().min(1).nullish().meta({ description: 'of the saved channel whose secrets stand where the config has [redacted]' }),
}).meta({ id: 'AlertChannelTestBody' });

const FormEntity = z.object({
  kind: z.string(), label: z.string(), type: z.enum(CHANNEL_TYPES), webhookType: z.string().nullable(),
  fields: z.array(z.object({
    name: z.string(), label: z.string(), input: z.string(), required: z.boolean(), help: z.string().optional(), placeholder: z.string().optional(), choices: z.array(z.string()).readonly().optional(),
  })).readonly(),
}).meta({ id: 'AlertChannelForm' });

/** What became of every notice on every channel, sending again, and trying out a channel. */
export function alertDeliveryRoutes(app: ApiApp, { store, clock, channels }: ApiDeps): void {
  app.get('/v1/alert-notifications', {
    config: { scope: 'channels:read' },
    schema: {
      tags: ['alert channels'], summary: 'List deliveries of alerts', description: 'Newest first; the last 24 hours, or `from` to `to`, at most 31 days.',
      querystring: LogQuery, response: { 200: z.array(AlertNotificationEntity) },
    },
  }, async (request, reply) => {
    const { limit: entriesMax, page: at, alertChannelId, checkId, hasFailures, ...range } = request.query;
    const { entries, total } = await store.listDeliveries(callerOf(request).accountId, {
      limit: entriesMax, page: at, ...rangeOf(range, clock.nowMs()),
      ...(alertChannelId === undefined ? {} : { channelId: alertChannelId }), ...(checkId === undefined ? {} : { checkId }), ...(hasFailures === undefined ? {} : { hasFailures }),
    });
    reply.header('content-range', contentRange((at - 1) * entriesMax, entries.length, total));
    return reply.send(entries.map(alertNotificationEntity));
  });

  app.post('/v1/alert-notifications/:id/resend', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Send a notification again', description: 'One that is over, with the same id: whoever got it already can tell.',
      params: deliveryParam, response: { 202: AlertNotificationEntity },
    },
  }, async (request, reply) => {
    const { id } = request.params;
    const resent = await store.resendDelivery(callerOf(request).accountId, id);
    if (resent === 'not_found') throw notFound(`the alert notification ${id}`);
    if (resent === 'pending') throw new ApiError(409, 'it is still on its way; wait until it is delivered or given up on');
    return reply.code(202).send(alertNotificationEntity(resent));
  });

  app.get('/v1/alert-channel-forms', {
    config: { scope: 'channels:read' },
    schema: { tags: ['alert channels'], summary: 'The kinds of channels, and what each asks for', response: { 200: z.array(FormEntity) } },
  }, async (_request, reply) => reply.send([...CHANNEL_FORMS]));

  const tester = (): NonNullable<ApiDeps['channels']> => {
    if (!channels) throw new ApiError(503, 'this coordinator does not send to channels');
    return channels;
  };

  app.post('/v1/alert-channels/:id/test', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Try out a channel', description: 'Sends one test message now, and answers with what the other side said. 200 whatever that was.',
      params: channelParam, response: { 200: ChannelTestEntity },
    },
  }, async (request, reply) => {
    const { id } = request.params;
    const attempted = /^\d{1,9}$/.test(id) ? await tester().testSaved(callerOf(request).accountId, Number(id)) : null;
    if (!attempted) throw notFound(`the alert channel ${id}`);
    return reply.send(channelTestEntity(attempted));
  });

  app.post('/v1/alert-channels/test', {
    config: { scope: 'channels:write' },
    schema: {
      tags: ['alert channels'], summary: 'Try out a channel before it is saved', description: 'With what a form holds. `[redacted]` stands for the secret of the saved channel `id`.',
      body: TestBody, response: { 200: ChannelTestEntity },
    },
  }, async (request, reply) => {
    const { type, config, id } = validated(TestBody, request.body);
    const whole = validatedConfig(type, config);
    const attempted = await tester().testUnsaved(callerOf(request).accountId, { type, config: whole, savedId: id ?? null });
    if ('missing' in attempted) throw invalidInput(attempted.missing.map((path) => problemAt(`config.${path}`, null, 'the secret itself', 'is [redacted], and there is no saved channel to take it from; give the secret itself')));
    return reply.send(channelTestEntity(attempted));
  });
}

function validatedConfig(type: (typeof CHANNEL_TYPES)[number], config: unknown): Readonly<Record<string, unknown>> {
  const schema = z.strictObject({ config: channelSchemas[type].config });
  return validated(schema, { config }).config;
}

function rangeOf({ from, to }: { readonly from?: number | undefined; readonly to?: number | undefined }, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  // A little ahead: Postgres writes the times, by its own clock.
  const toMs = to ?? (from === undefined ? nowMs + 60_000 : from + DAY_MS);
  const fromMs = from ?? toMs - DAY_MS;
  if (fromMs >= toMs) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), `before ${new Date(toMs).toISOString()}`, 'must be before to')]);
  if (toMs - fromMs > RANGE_MAX_MS) throw invalidInput([problemAt('from', new Date(fromMs).toISOString(), '31 days', 'a range is at most 31 days long; ask for less at a time')]);
  return { fromMs, toMs };
}
