import { z } from 'zod';
import { ASSERTION_COMPARISONS, ASSERTION_SOURCES } from '#shared/check/check.ts';

const dataFormat = z.enum(['text', 'escaped', 'hex', 'base64']);

const TlsShown = z.object({
  mode: z.enum(['none', 'implicit']), serverName: z.string().nullable(), verify: z.boolean(), ca: z.string().nullable(),
  alpn: z.array(z.string()), minVersion: z.string().nullable(), clientCertificate: z.string().nullable(),
  degradedDaysLeft: z.number().nullable(), expectAlert: z.string().nullable(),
});

const RequestShown = z.object({
  hostname: z.string(), port: z.int(), ipFamily: z.enum(['IPv4', 'IPv6']),
  data: z.string().nullable(), dataFormat, sendAfter: z.enum(['connect', 'banner']),
  steps: z.array(z.union([
    z.strictObject({ expect: z.string() }), z.strictObject({ send: z.string(), dataFormat }), z.strictObject({ startTls: z.literal(true) }),
  ])),
  assertions: z.array(z.object({
    source: z.enum(ASSERTION_SOURCES), property: z.string(), comparison: z.enum(ASSERTION_COMPARISONS), target: z.string(), regex: z.null(),
  })),
  tls: TlsShown.nullable(),
  read: z.object({ maxBytes: z.int(), idleMs: z.int() }),
  sourceAddress: z.string().nullable(),
  dns: z.object({ server: z.string().nullable() }),
});

export const RetryShown = z.object({
  type: z.enum(['SINGLE_RETRY', 'FIXED', 'LINEAR', 'EXPONENTIAL']), baseBackoffSeconds: z.number(),
  maxRetries: z.int().optional(), maxDurationSeconds: z.number().optional(), sameRegion: z.boolean(),
  onlyOn: z.array(z.literal('NETWORK_ERROR')).optional(),
});

export const AlertSettingsShown = z.object({
  escalationType: z.enum(['RUN_BASED', 'TIME_BASED']),
  runBasedEscalation: z.object({ failedRunThreshold: z.int() }),
  timeBasedEscalation: z.object({ minutesFailingThreshold: z.int() }),
  reminders: z.object({ amount: z.int(), interval: z.int() }),
  parallelRunFailureThreshold: z.object({ enabled: z.boolean(), percentage: z.int() }),
  recoveryPassThreshold: z.int(),
});

/** A check as it is answered: every field, defaults filled in, nulls said (checkly-api.md §1 and §9.7). */
export const CheckEntity = z.object({
  id: z.string(),
  checkType: z.literal('TCP'),
  name: z.string(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  activated: z.boolean(),
  muted: z.boolean(),
  request: RequestShown,
  shouldFail: z.boolean(),
  degradedResponseTime: z.number(),
  maxResponseTime: z.number(),
  frequency: z.int(),
  frequencyOffset: z.int().nullable(),
  locations: z.array(z.string()),
  privateLocations: z.array(z.string()),
  runParallel: z.boolean(),
  retryStrategy: RetryShown.nullable(),
  doubleCheck: z.boolean(),
  alertSettings: AlertSettingsShown.nullable(),
  useGlobalAlertSettings: z.boolean(),
  alertChannelSubscriptions: z.array(z.object({ alertChannelId: z.int(), activated: z.boolean() })),
  groupId: z.int().nullable(),
  groupOrder: z.number().nullable(),
  runtimeId: z.string().nullable(),
  triggerIncident: z.record(z.string(), z.unknown()).nullable(),
  confirmFromOtherLocation: z.boolean(),
  perLocationFailedRuns: z.int().nullable(),
  whenUnseen: z.enum(['noData', 'failing']),
  dependsOn: z.array(z.string()),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  revision: z.int().meta({ description: 'counts up with every change; the ETag' }),
}).meta({ id: 'Check' });

export type CheckWire = z.output<typeof CheckEntity>;
