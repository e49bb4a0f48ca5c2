import { z } from 'zod';
import { schemaProblems } from '#shared/check/schema-problems.ts';
import { REDACTED } from '#shared/settings/secret.ts';
import { CHANNEL_TYPES } from '../../channels/channel-kinds.ts';
import { channelSchemas } from '../../channels/channel-schemas.ts';
import { invalidInput } from '../api-error.ts';
import type { ChannelWrite, StoredChannel, Subscription } from '../channels-port.ts';
import { isoOf } from './iso.ts';

const echoed = z.unknown().optional().meta({ readOnly: true });

/** Of a channel: a check or a group, one of the two. */
export const SubscriptionBody = z.strictObject({
  checkId: z.guid().transform((id) => id.toLowerCase()).nullish(),
  groupId: z.int().min(1).nullish(),
  activated: z.boolean().nullish().meta({ default: true }),
  id: echoed, alertChannelId: echoed,
}).refine(({ checkId, groupId }) => (checkId == null) !== (groupId == null), 'must name a checkId or a groupId, one of the two').meta({ id: 'AlertChannelSubscriptionWrite' });
export const SubscriptionsBody = z.array(SubscriptionBody).max(1_000);

export const SubscriptionEntity = z.object({
  id: z.int(), checkId: z.string().nullable(), groupId: z.int().nullable(), activated: z.boolean(),
}).meta({ id: 'AlertChannelSubscription' });

export const AlertChannelWriteBody = z.strictObject({
  type: z.enum(CHANNEL_TYPES),
  config: z.record(z.string(), z.unknown()).meta({ description: 'what the type asks for; a secret given as `[redacted]` stays as it is' }),
  sendFailure: z.boolean().nullish().meta({ default: true }),
  sendDegraded: z.boolean().nullish().meta({ default: false }),
  sendRecovery: z.boolean().nullish().meta({ default: true }),
  sslExpiry: z.boolean().nullish().meta({ default: false, description: 'kept; certificates are watched by `request.tls.degradedDaysLeft` of a check' }),
  sslExpiryThreshold: z.int().min(1).max(30).nullish().meta({ default: 30 }),
  autoSubscribe: z.boolean().nullish().meta({ default: false, description: 'subscribes to new checks that name no subscriptions' }),
  subscriptions: SubscriptionsBody.nullish().meta({ description: 'left out: as they are' }),
  id: echoed, created_at: echoed, updated_at: echoed, disabledReason: echoed, projectBindings: echoed,
}).meta({ id: 'AlertChannelWrite' });

export const AlertChannelEntity = z.object({
  id: z.int(),
  type: z.enum(CHANNEL_TYPES),
  config: z.record(z.string(), z.unknown()).meta({ description: 'secrets are `[redacted]`' }),
  subscriptions: z.array(SubscriptionEntity),
  sendFailure: z.boolean(),
  sendDegraded: z.boolean(),
  sendRecovery: z.boolean(),
  sslExpiry: z.boolean(),
  sslExpiryThreshold: z.int(),
  autoSubscribe: z.boolean(),
  disabledReason: z.string().nullable().meta({ description: 'why nothing is sent to it, until it is changed' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}).meta({ id: 'AlertChannel' });

/** The channel in a body; throws 400 with every problem at once. No value of its config is in them: it may be a secret. */
export function channelWriteOf(body: unknown): ChannelWrite {
  const parsed = AlertChannelWriteBody.safeParse(body);
  const given = typeof body === 'object' && body !== null ? body as Record<string, unknown> : {};
  const type = CHANNEL_TYPES.find((one) => one === given['type']);
  const schema = type === undefined ? null : channelSchemas[type].config;
  const config = schema?.safeParse(given['config']);
  const ofConfig = schema && config && !config.success && typeof given['config'] === 'object' ? schemaProblems(schema, given['config'], config.error.issues) : [];
  const problems = [
    ...(parsed.success ? [] : schemaProblems(AlertChannelWriteBody, body, parsed.error.issues)),
    ...ofConfig.map((problem) => ({ ...problem, path: `config.${problem.path}`, message: `config.${problem.message}`, value: problem.value === null ? null : REDACTED })),
  ];
  if (!parsed.success || !config?.success || problems.length > 0) throw invalidInput(problems);
  const { data } = parsed;
  return {
    type: data.type, config: config.data,
    sendFailure: data.sendFailure ?? true, sendDegraded: data.sendDegraded ?? false, sendRecovery: data.sendRecovery ?? true,
    sslExpiry: data.sslExpiry ?? false, sslExpiryThreshold: data.sslExpiryThreshold ?? 30, autoSubscribe: data.autoSubscribe ?? false,
    subscriptions: data.subscriptions?.map(subscriptionOf) ?? null,
  };
}

export function subscriptionOf({ checkId, groupId, activated }: z.output<typeof SubscriptionBody>): Omit<Subscription, 'id'> {
  return { checkId: checkId ?? null, groupId: groupId ?? null, activated: activated ?? true };
}

export function alertChannelEntity(stored: StoredChannel): z.output<typeof AlertChannelEntity> {
  const { createdAtMs, updatedAtMs, subscriptions, config, ...rest } = stored;
  return { ...rest, config: { ...config }, subscriptions: subscriptions.map((one) => ({ ...one })), created_at: isoOf(createdAtMs), updated_at: isoOf(updatedAtMs) };
}
