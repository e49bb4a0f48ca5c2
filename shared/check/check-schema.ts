import { z } from 'zod';
import { requestSchema } from './request-schema.ts';

/** product.md §1: limits of response times, ms. */
export const RESPONSE_TIME_MS_MAX = 45_000;
/** rules.md 18: left out, they are these. */
export const MAX_RESPONSE_TIME_DEFAULT_MS = 5_000;
export const DEGRADED_RESPONSE_TIME_DEFAULT_MS = 3_000;
export const FREQUENCY_DEFAULT_MINUTES = 10;

/** How many of a thing one check may name; enough for any real one, and a bound on what is stored. */
const LOCATIONS_MAX = 200;
const TAGS_MAX = 100;
const SUBSCRIPTIONS_MAX = 500;
const DEPENDS_ON_MAX = 50;

const retryCommon = {
  baseBackoffSeconds: z.int().min(0).max(600).nullish().meta({ default: 60 }),
  sameRegion: z.boolean().nullish().describe('false: retry in another chosen location (round-robin only).').meta({ default: true }),
  onlyOn: z.union([z.literal('NETWORK_ERROR'), z.array(z.literal('NETWORK_ERROR')).max(1)], { error: 'onlyOn is "NETWORK_ERROR" or left out' })
    .nullish().describe('NETWORK_ERROR: retry connection failures, not failed assertions.'),
};

export const retryStrategySchema = z.strictObject({
  type: z.enum(['SINGLE_RETRY', 'FIXED', 'LINEAR', 'EXPONENTIAL'])
    .describe('Seconds before retry n: base, base, base × n, base to the power of n.'),
  ...retryCommon,
  maxRetries: z.int().min(1).max(10).nullish().describe('Not with SINGLE_RETRY.').meta({ default: 2 }),
  maxDurationSeconds: z.int().min(0).max(600).nullish().describe('Run time and waits together. Not with SINGLE_RETRY.').meta({ default: 600 }),
}).meta({ id: 'RetryStrategy' });

const oneOf = (values: readonly number[]) => z.literal([...values]);

export const alertSettingsSchema = z.strictObject({
  escalationType: z.enum(['RUN_BASED', 'TIME_BASED']).nullish().meta({ default: 'RUN_BASED' }),
  runBasedEscalation: z.strictObject({ failedRunThreshold: z.int().min(1).max(5).nullish().meta({ default: 1 }) }).nullish(),
  timeBasedEscalation: z.strictObject({ minutesFailingThreshold: oneOf([5, 10, 15, 30]).nullish().meta({ default: 5 }) }).nullish(),
  reminders: z.strictObject({
    amount: oneOf([0, 1, 2, 3, 4, 5, 100_000]).nullish().describe('100000 means without end.').meta({ default: 0 }),
    interval: oneOf([1, 2, 3, 4, 5, 10, 15, 30]).nullish().describe('Minutes.').meta({ default: 5 }),
  }).nullish(),
  parallelRunFailureThreshold: z.strictObject({
    enabled: z.boolean().nullish().meta({ default: false }),
    percentage: oneOf([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).nullish().meta({ default: 10 }),
  }).nullish().describe('Alert a parallel run when at least this share of locations fails.'),
  recoveryPassThreshold: z.int().min(1).max(10).nullish().describe('Passing runs in a row that end a failure.').meta({ default: 1 }),
  sslCertificates: z.unknown().describe('Accepted and dropped.'),
}).partial().meta({ id: 'AlertSettings' });

/** What a client reads and may send back unchanged, and what has no meaning for TCP: accepted and dropped. */
const dropped = z.unknown().optional().describe('Accepted and dropped.').meta({ readOnly: true });

const responseTime = z.int().min(1).max(RESPONSE_TIME_MS_MAX).nullish();

/**
 * A TCP check as clients write it (product.md §1, checkly-api.md §1.1): the schema for OpenAPI and for the first pass
 * of `parseCheck`. null means the default. Rules across fields, and languages inside a field (hosts, patterns,
 * payloads), are in `check-rules.ts`.
 */
export const checkWriteSchema = z.strictObject({
  name: z.string().min(1).max(255),
  description: z.string().max(500).nullish().describe('Markdown.'),
  tags: z.array(z.string().min(1).max(255)).max(TAGS_MAX).nullish().describe('`key:value` tags become Prometheus labels.'),
  activated: z.boolean().nullish().describe('Does it run?').meta({ default: true }),
  muted: z.boolean().nullish().describe('Does it run without notifying anybody?').meta({ default: false }),
  request: requestSchema,
  shouldFail: z.boolean().nullish().describe('A failed connection passes, an established one fails.').meta({ default: false }),
  degradedResponseTime: responseTime.describe('ms; strictly more is degraded. Left out: 3000, or maxResponseTime where that is less.'),
  maxResponseTime: responseTime.describe('ms; the deadline of the whole attempt.').meta({ default: MAX_RESPONSE_TIME_DEFAULT_MS }),
  frequency: z.int().min(0).max(1_440).nullish()
    .describe('Minutes between runs; 0: see frequencyOffset.').meta({ default: FREQUENCY_DEFAULT_MINUTES }),
  frequencyOffset: z.int().min(0).max(86_400).nullish().describe('Seconds between runs, 10 to 86400, when frequency is 0; else without effect.'),
  locations: z.array(z.string().min(1).max(64)).max(LOCATIONS_MAX).nullish().describe('Codes of public locations.'),
  privateLocations: z.array(z.string().min(1).max(64)).max(LOCATIONS_MAX).nullish().describe('Slugs of private locations.'),
  runParallel: z.boolean().nullish().describe('true: every run in all locations; false: each run in the next one.').meta({ default: false }),
  retryStrategy: retryStrategySchema.nullish(),
  doubleCheck: z.boolean().nullish().describe('Deprecated: one retry at once. Left out means false.').meta({ default: false }),
  alertSettings: alertSettingsSchema.nullish(),
  useGlobalAlertSettings: z.boolean().nullish().meta({ default: true }),
  alertChannelSubscriptions: z.array(z.strictObject({
    alertChannelId: z.int().min(1),
    activated: z.boolean().nullish().meta({ default: true }),
  })).max(SUBSCRIPTIONS_MAX).nullish(),
  groupId: z.int().min(1).nullish(),
  groupOrder: z.int().min(0).nullish(),
  runtimeId: z.string().max(32).nullish().describe('Without a meaning for TCP; kept.'),
  triggerIncident: z.record(z.string(), z.unknown()).nullish().describe('Status page incident to open on failure.'),
  confirmFromOtherLocation: z.boolean().nullish()
    .describe('Confirm a failure by a run in another chosen location before it alerts.').meta({ default: false }),
  perLocationFailedRuns: z.int().min(1).max(100).nullish().describe('Alert when one location alone sees this many failing runs in a row.'),
  whenUnseen: z.enum(['noData', 'failing']).nullish().describe('What an unseen check counts as.').meta({ default: 'noData' }),
  dependsOn: z.array(z.uuid()).max(DEPENDS_ON_MAX).nullish().describe("Ids of checks whose failure explains this one's."),
  checkType: z.literal('TCP').nullish(),
  id: dropped, created_at: dropped, updated_at: dropped, revision: dropped, alertChannels: dropped, projectBindings: dropped,
  project: dropped, logicalId: dropped, member: dropped, pending: dropped, environmentVariables: dropped, intent: dropped,
  aiAutoRepairEnabled: dropped, testOnly: dropped,
}).meta({ id: 'CheckWrite', description: 'A TCP check as it is created or replaced.' });

export type CheckWrite = z.infer<typeof checkWriteSchema>;
