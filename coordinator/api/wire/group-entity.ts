import { z } from 'zod';
import { alertSettingsSchema, retryStrategySchema } from '#shared/check/check-schema.ts';
import { retryToWire } from '#shared/check/check-to-wire.ts';
import { alertSettingsOf, retryOf } from '#shared/check/parse-check.ts';
import type { CheckGroup } from '../../planning/check-group.ts';
import type { StoredGroup } from '../groups-port.ts';
import { AlertSettingsShown, RetryShown } from './check-entity-schema.ts';
import { isoOf } from './iso.ts';
import { VariablesOfGroup } from './variable-entity.ts';

const dropped = z.unknown().optional().meta({ readOnly: true });
const codes = z.array(z.string().min(1).max(64)).max(200).nullish();

const fields = {
  name: z.string().trim().min(1).max(255),
  description: z.string().max(500).nullish(),
  activated: z.boolean().nullish().meta({ default: true, description: 'false: none of its checks runs' }),
  muted: z.boolean().nullish().meta({ default: false, description: 'true: none of its checks notifies anybody' }),
  tags: z.array(z.string().min(1).max(255)).max(100).nullish().meta({ description: 'every check of it has these as well' }),
  locations: codes.meta({ description: 'where all of its checks run; empty or null: each where it says itself' }),
  privateLocations: codes,
  frequency: z.int().min(0).max(1_440).nullish().meta({ description: 'minutes, for all of its checks; null: each its own. Added to the API this follows.' }),
  frequencyOffset: z.int().min(0).max(86_400).nullish(),
  runParallel: z.boolean().nullish().meta({ description: 'for all of its checks; null: each its own' }),
  retryStrategy: z.union([z.literal('FALLBACK'), retryStrategySchema], { error: 'must be a retry strategy, or "FALLBACK" for each check its own' }).nullish(),
  doubleCheck: dropped,
  useGlobalAlertSettings: z.boolean().nullish(),
  alertSettings: alertSettingsSchema.nullish(),
  alertChannelSubscriptions: z.array(z.strictObject({ alertChannelId: z.int().min(1), activated: z.boolean().nullish() })).max(500).nullish()
    .meta({ description: 'left out: as they are' }),
  environmentVariables: VariablesOfGroup.nullish().meta({ description: 'variables of its checks, before those of the account; left out: as they are' }),
  concurrency: z.int().min(1).max(1_000).nullish().meta({ description: 'without a meaning for TCP; kept' }),
  runtimeId: z.string().max(32).nullish(),
  // Clients send back what they were given, and what belongs to other kinds of checks.
  ...Object.fromEntries(['id', 'v', 'created_at', 'updated_at', 'revision', 'apiCheckDefaults', 'browserCheckDefaults', 'setupSnippetId', 'tearDownSnippetId',
    'localSetupScript', 'localTearDownScript', 'projectBindings', 'defaultRuntime'].map((field) => [field, dropped])) as Record<never, never>,
};

export const GroupWriteBody = z.strictObject(fields).refine(
  ({ frequency, frequencyOffset }) => frequency !== 0 || (frequencyOffset ?? 0) >= 10,
  { path: ['frequencyOffset'], message: 'is needed when frequency is 0: the seconds between runs, 10 to 86400' },
).meta({ id: 'CheckGroupWrite' });

const GroupEntityV1 = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  activated: z.boolean(),
  muted: z.boolean(),
  tags: z.array(z.string()),
  locations: z.array(z.string()),
  privateLocations: z.array(z.string()),
  frequency: z.int().nullable(),
  frequencyOffset: z.int().nullable(),
  runParallel: z.boolean().nullable(),
  retryStrategy: z.union([RetryShown, z.literal('FALLBACK')]).nullable(),
  doubleCheck: z.boolean(),
  useGlobalAlertSettings: z.boolean().nullable(),
  alertSettings: AlertSettingsShown.partial().nullable(),
  alertChannelSubscriptions: z.array(z.object({ alertChannelId: z.int(), activated: z.boolean() })),
  environmentVariables: z.array(z.object({ key: z.string(), value: z.string(), locked: z.boolean(), secret: z.boolean() })),
  concurrency: z.int(),
  runtimeId: z.string().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  revision: z.int(),
});
export const GroupEntity = GroupEntityV1.meta({ id: 'CheckGroup' });

/** Which of the two forms of groups: in the first a null means "not said". */
export type GroupVersion = 1 | 2;

type Given = z.output<typeof GroupWriteBody>;

/**
 * Version 1 takes a null or empty section as not said, and uses the account's alert settings unless told otherwise.
 * Version 2 says of each section whether it is enforced: a null retry strategy is "none", `FALLBACK` each check's own.
 */
export function groupOf(body: Given, version: GroupVersion): CheckGroup {
  const locations = { public: body.locations ?? [], private: body.privateLocations ?? [] };
  const retry = body.retryStrategy;
  return {
    name: body.name, description: body.description ?? null, activated: body.activated ?? true, muted: body.muted ?? false, tags: [...new Set(body.tags ?? [])],
    locations: locations.public.length + locations.private.length === 0 ? null : locations,
    runParallel: body.runParallel ?? null,
    cadence: body.frequency == null ? null : { frequency: body.frequency, frequencyOffset: body.frequencyOffset ?? null },
    retryStrategy: retry === 'FALLBACK' || retry === undefined || (retry === null && version === 1) ? 'FALLBACK' : retry === null ? null : retryOf(retry),
    useGlobalAlertSettings: version === 1 && body.alertSettings && body.useGlobalAlertSettings !== true ? false : version === 1 ? null : body.useGlobalAlertSettings ?? null,
    alertSettings: body.alertSettings ? alertSettingsOf(body.alertSettings) : null,
    runtimeId: body.runtimeId ?? null, concurrency: body.concurrency ?? 1,
  };
}

type ShownVariable = z.output<typeof GroupEntity>['environmentVariables'][number];

export function groupEntity(stored: StoredGroup, variables: readonly ShownVariable[], version: GroupVersion): z.output<typeof GroupEntity> {
  const { group } = stored;
  const entity = {
    id: stored.id, name: group.name, description: group.description, activated: group.activated, muted: group.muted, tags: [...group.tags],
    locations: [...group.locations?.public ?? []], privateLocations: [...group.locations?.private ?? []],
    frequency: group.cadence?.frequency ?? null, frequencyOffset: group.cadence?.frequencyOffset ?? null,
    runParallel: version === 1 ? group.runParallel ?? false : group.runParallel,
    retryStrategy: group.retryStrategy === 'FALLBACK' ? (version === 1 ? null : 'FALLBACK') : group.retryStrategy === null ? null : retryToWire(group.retryStrategy),
    doubleCheck: false, useGlobalAlertSettings: version === 1 ? group.useGlobalAlertSettings ?? true : group.useGlobalAlertSettings,
    alertSettings: group.alertSettings,
    alertChannelSubscriptions: stored.subscriptions.map((subscription) => ({ ...subscription })), environmentVariables: [...variables],
    concurrency: group.concurrency, runtimeId: group.runtimeId,
    created_at: isoOf(stored.createdAtMs), updated_at: isoOf(stored.updatedAtMs), revision: stored.revision,
  };
  // `retryToWire` promises the shape in words; a test holds it to the schema.
  return entity as z.output<typeof GroupEntity>;
}
