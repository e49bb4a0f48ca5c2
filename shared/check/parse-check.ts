import type { z } from 'zod';
import type { AlertSettings, Assertion, Check, RetryStrategy, Step, TcpRequest, TlsSettings } from './check.ts';
import { checkProblems, degradedDefaultMs } from './check-rules.ts';
import { checkWriteSchema, FREQUENCY_DEFAULT_MINUTES, MAX_RESPONSE_TIME_DEFAULT_MS, type CheckWrite } from './check-schema.ts';
import { problemAt, type Problem } from './problem.ts';
import { READ_DEFAULTS, type requestSchema } from './request-schema.ts';
import { schemaProblems } from './schema-problems.ts';

export type { Problem } from './problem.ts';

export type ParsedCheck =
  | { readonly ok: true; readonly check: Check }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The only way from unknown input to a check: every problem at once, each with its field, value and limit. What a
 * client reads and sends back (`id`, `created_at`, …) is dropped; null means the default (checkly-api.md §1.1).
 */
export function parseCheck(input: unknown): ParsedCheck {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { ok: false, problems: [problemAt('', input, 'an object', 'a check is a JSON object')] };
  }
  const parsed = checkWriteSchema.safeParse(input);
  const problems = [
    ...(parsed.success ? [] : schemaProblems(checkWriteSchema, input, parsed.error.issues)),
    ...checkProblems(input),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems: onePerField(problems) };
  return { ok: true, check: checkOf(parsed.data) };
}

/** A field's own problem explains it better than what follows from it. */
function onePerField(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.toReversed().map((problem) => [problem.path, problem])).values()].toReversed();
}

function checkOf(input: CheckWrite): Check {
  const maxResponseTime = input.maxResponseTime ?? MAX_RESPONSE_TIME_DEFAULT_MS;
  return {
    name: input.name,
    description: input.description ?? null,
    tags: input.tags ?? [],
    activated: input.activated ?? true,
    muted: input.muted ?? false,
    request: requestOf(input.request),
    shouldFail: input.shouldFail ?? false,
    degradedResponseTime: input.degradedResponseTime ?? degradedDefaultMs(maxResponseTime),
    maxResponseTime,
    frequency: input.frequency ?? FREQUENCY_DEFAULT_MINUTES,
    frequencyOffset: input.frequencyOffset ?? null,
    locations: input.locations ?? [],
    privateLocations: input.privateLocations ?? [],
    runParallel: input.runParallel ?? false,
    retryStrategy: input.retryStrategy ? retryOf(input.retryStrategy) : null,
    doubleCheck: input.doubleCheck ?? false,
    alertSettings: input.alertSettings ? alertSettingsOf(input.alertSettings) : null,
    useGlobalAlertSettings: input.useGlobalAlertSettings ?? true,
    alertChannelSubscriptions: (input.alertChannelSubscriptions ?? [])
      .map(({ alertChannelId, activated }) => ({ alertChannelId, activated: activated ?? true })),
    groupId: input.groupId ?? null,
    groupOrder: input.groupOrder ?? null,
    runtimeId: input.runtimeId ?? null,
    triggerIncident: input.triggerIncident ?? null,
    confirmFromOtherLocation: input.confirmFromOtherLocation ?? false,
    perLocationFailedRuns: input.perLocationFailedRuns ?? null,
    whenUnseen: input.whenUnseen ?? 'noData',
    dependsOn: input.dependsOn ?? [],
  };
}

function requestOf(input: z.infer<typeof requestSchema>): TcpRequest {
  return {
    hostname: input.hostname ?? input.url ?? '',
    port: input.port,
    ipFamily: input.ipFamily ?? 'IPv4',
    // An empty text sends nothing.
    data: (input.data ?? input.body) || null,
    dataFormat: input.dataFormat ?? 'text',
    sendAfter: input.sendAfter ?? 'connect',
    steps: (input.steps ?? []).map(stepOf),
    assertions: (input.assertions ?? []).map(assertionOf),
    tls: input.tls ? tlsOf(input.tls) : null,
    read: { maxBytes: input.read?.maxBytes ?? READ_DEFAULTS.maxBytes, idleMs: input.read?.idleMs ?? READ_DEFAULTS.idleMs },
    sourceAddress: input.sourceAddress ?? null,
    dns: { server: input.dns?.server ?? null },
  };
}

type RequestInput = z.infer<typeof requestSchema>;

function stepOf(step: NonNullable<RequestInput['steps']>[number]): Step {
  if ('expect' in step) return { kind: 'expect', pattern: step.expect };
  if ('send' in step) return { kind: 'send', data: step.send, dataFormat: step.dataFormat ?? 'text' };
  return { kind: 'startTls' };
}

function assertionOf({ source, property, comparison, target }: NonNullable<RequestInput['assertions']>[number]): Assertion {
  return { source, property: property ?? '', comparison, target: String(target ?? '') };
}

function tlsOf(tls: NonNullable<RequestInput['tls']>): TlsSettings {
  return {
    mode: tls.mode ?? 'none',
    serverName: tls.serverName ?? null,
    verify: tls.verify ?? true,
    ca: tls.ca ?? null,
    alpn: tls.alpn ?? [],
    minVersion: tls.minVersion ?? null,
    clientCertificate: tls.clientCertificate ?? null,
    degradedDaysLeft: tls.degradedDaysLeft ?? null,
    expectAlert: tls.expectAlert ?? null,
  };
}

/** Defaults of checkly-api.md §3. */
export function retryOf(retry: NonNullable<CheckWrite['retryStrategy']>): RetryStrategy {
  const onlyOn = Array.isArray(retry.onlyOn) ? retry.onlyOn[0] : retry.onlyOn;
  return {
    type: retry.type,
    baseBackoffSeconds: retry.baseBackoffSeconds ?? 60,
    maxRetries: retry.type === 'SINGLE_RETRY' ? 1 : retry.maxRetries ?? 2,
    maxDurationSeconds: retry.maxDurationSeconds ?? 600,
    sameRegion: retry.sameRegion ?? true,
    onlyOn: onlyOn ?? null,
  };
}

/** Defaults of checkly-api.md §4.2. */
export function alertSettingsOf(alert: NonNullable<CheckWrite['alertSettings']>): AlertSettings {
  return {
    escalationType: alert.escalationType ?? 'RUN_BASED',
    runBasedEscalation: { failedRunThreshold: alert.runBasedEscalation?.failedRunThreshold ?? 1 },
    timeBasedEscalation: { minutesFailingThreshold: alert.timeBasedEscalation?.minutesFailingThreshold ?? 5 },
    reminders: { amount: alert.reminders?.amount ?? 0, interval: alert.reminders?.interval ?? 5 },
    parallelRunFailureThreshold: {
      enabled: alert.parallelRunFailureThreshold?.enabled ?? false,
      percentage: alert.parallelRunFailureThreshold?.percentage ?? 10,
    },
    recoveryPassThreshold: alert.recoveryPassThreshold ?? 1,
  };
}
