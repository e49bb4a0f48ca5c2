import type { AssertionComparison, AssertionSource, DataFormat, IpFamily } from '#shared/check/check.ts';
import type { AlertSettingsWire, AssertionWire, CheckWire, RetryWire, TlsWire } from '../wire.ts';

/** A number while it is typed: '' is none. */
export type Typed = number | '';

export type StepDraft =
  | { kind: 'expect'; expect: string; send: string; dataFormat: DataFormat }
  | { kind: 'send'; expect: string; send: string; dataFormat: DataFormat }
  | { kind: 'startTls'; expect: string; send: string; dataFormat: DataFormat };

/** What is in the form: the API's own shape wherever it can be, so that a problem's path is a field's. */
export type Draft = {
  name: string; description: string; tags: string[]; activated: boolean; muted: boolean;
  request: {
    hostname: string; port: Typed; ipFamily: IpFamily;
    /** Kept while the other is chosen; only the chosen one is sent. */
    talk: 'nothing' | 'data' | 'steps';
    data: string; dataFormat: DataFormat; sendAfter: 'connect' | 'banner'; steps: StepDraft[];
    assertions: AssertionWire[]; tls: TlsWire | null;
    read: { maxBytes: Typed; idleMs: Typed }; sourceAddress: string; dns: { server: string };
  };
  shouldFail: boolean; degradedResponseTime: Typed; maxResponseTime: Typed;
  /** Seconds between runs; the API's two fields are made of it. */
  everySeconds: number;
  locations: string[]; privateLocations: string[]; runParallel: boolean;
  retryStrategy: (Omit<RetryWire, 'maxRetries' | 'maxDurationSeconds' | 'baseBackoffSeconds'> & { baseBackoffSeconds: Typed; maxRetries: Typed; maxDurationSeconds: Typed }) | null;
  useGlobalAlertSettings: boolean; alertSettings: AlertSettingsWire;
  /** null: not said, so that the API subscribes every channel. */
  subscribed: number[] | null;
  groupId: number | null;
  confirmFromOtherLocation: boolean; perLocationFailedRuns: Typed; whenUnseen: 'noData' | 'failing';
};

export const ALERT_DEFAULTS: AlertSettingsWire = {
  escalationType: 'RUN_BASED', runBasedEscalation: { failedRunThreshold: 1 }, timeBasedEscalation: { minutesFailingThreshold: 5 },
  reminders: { amount: 0, interval: 5 }, parallelRunFailureThreshold: { enabled: false, percentage: 10 }, recoveryPassThreshold: 1,
};
export const TLS_DEFAULTS: TlsWire = {
  mode: 'implicit', serverName: null, verify: true, ca: null, alpn: [], minVersion: null, clientCertificate: null, degradedDaysLeft: 14, expectAlert: null,
};
export const NEW_ASSERTION: AssertionWire = { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: '' };

export function emptyDraft(): Draft {
  return {
    name: '', description: '', tags: [], activated: true, muted: false,
    request: {
      hostname: '', port: '', ipFamily: 'IPv4', talk: 'nothing', data: '', dataFormat: 'escaped', sendAfter: 'connect', steps: [], assertions: [], tls: null,
      read: { maxBytes: 65_536, idleMs: 250 }, sourceAddress: '', dns: { server: '' },
    },
    shouldFail: false, degradedResponseTime: 3_000, maxResponseTime: 5_000, everySeconds: 60,
    locations: [], privateLocations: [], runParallel: true, retryStrategy: null,
    useGlobalAlertSettings: true, alertSettings: ALERT_DEFAULTS, subscribed: null, groupId: null,
    confirmFromOtherLocation: false, perLocationFailedRuns: '', whenUnseen: 'noData',
  };
}

export function draftOf(check: CheckWire): Draft {
  const { request } = check;
  return {
    ...emptyDraft(),
    name: check.name, description: check.description ?? '', tags: [...check.tags], activated: check.activated, muted: check.muted,
    request: {
      hostname: request.hostname, port: request.port, ipFamily: request.ipFamily,
      talk: request.steps.length > 0 ? 'steps' : request.data === null ? 'nothing' : 'data',
      data: request.data ?? '', dataFormat: request.data === null ? 'escaped' : request.dataFormat, sendAfter: request.sendAfter,
      steps: request.steps.map(stepDraftOf), assertions: request.assertions.map(({ source, property, comparison, target }) => ({ source, property, comparison, target })),
      tls: request.tls, read: request.read, sourceAddress: request.sourceAddress ?? '', dns: { server: request.dns.server ?? '' },
    },
    shouldFail: check.shouldFail, degradedResponseTime: check.degradedResponseTime, maxResponseTime: check.maxResponseTime, everySeconds: everySecondsOf(check),
    locations: [...check.locations], privateLocations: [...check.privateLocations], runParallel: check.runParallel,
    retryStrategy: check.retryStrategy && { ...check.retryStrategy, maxRetries: check.retryStrategy.maxRetries ?? 2, maxDurationSeconds: check.retryStrategy.maxDurationSeconds ?? 600 },
    useGlobalAlertSettings: check.useGlobalAlertSettings, alertSettings: check.alertSettings ?? ALERT_DEFAULTS,
    subscribed: check.alertChannelSubscriptions.filter(({ activated }) => activated).map(({ alertChannelId }) => alertChannelId), groupId: check.groupId,
    confirmFromOtherLocation: check.confirmFromOtherLocation, perLocationFailedRuns: check.perLocationFailedRuns ?? '', whenUnseen: check.whenUnseen,
  };
}

type StepOnWire = CheckWire['request']['steps'][number];

export function stepDraftOf(step: StepOnWire): StepDraft {
  if ('expect' in step) return { kind: 'expect', expect: step.expect, send: '', dataFormat: 'escaped' };
  if ('send' in step) return { kind: 'send', expect: '', send: step.send, dataFormat: step.dataFormat };
  return { kind: 'startTls', expect: '', send: '', dataFormat: 'escaped' };
}

function stepWireOf(step: StepDraft): StepOnWire {
  switch (step.kind) {
    case 'expect': return { expect: step.expect };
    case 'send': return { send: step.send, dataFormat: step.dataFormat };
    case 'startTls': return { startTls: true };
  }
}

export function everySecondsOf({ frequency, frequencyOffset }: Pick<CheckWire, 'frequency' | 'frequencyOffset'>): number {
  return frequency > 0 ? frequency * 60 : frequencyOffset ?? 10;
}

/**
 * The body of POST and PUT. `before`: the check as it was read, whose fields that the form does not show are kept.
 */
export function bodyOf(draft: Draft, before: CheckWire | null): Record<string, unknown> {
  const { everySeconds, subscribed, request: { talk, ...request }, description, perLocationFailedRuns, degradedResponseTime, maxResponseTime, ...rest } = draft;
  const kept = before === null ? {} : {
    doubleCheck: before.doubleCheck, groupOrder: before.groupOrder, runtimeId: before.runtimeId, triggerIncident: before.triggerIncident, dependsOn: before.dependsOn,
  };
  const isWholeMinutes = everySeconds >= 60 && everySeconds % 60 === 0;
  return {
    ...kept, ...rest,
    description: textOrNull(description),
    request: {
      ...request,
      port: numberOrNull(request.port),
      data: talk === 'data' ? request.data : null,
      dataFormat: talk === 'data' ? request.dataFormat : before?.request.dataFormat ?? request.dataFormat,
      steps: talk === 'steps' ? request.steps.map(stepWireOf) : [],
      sendAfter: talk === 'data' ? request.sendAfter : 'connect',
      read: { maxBytes: numberOrNull(request.read.maxBytes), idleMs: numberOrNull(request.read.idleMs) },
      sourceAddress: textOrNull(request.sourceAddress), dns: { server: textOrNull(request.dns.server) },
      hostname: request.hostname.trim(),
    },
    degradedResponseTime: numberOrNull(degradedResponseTime), maxResponseTime: numberOrNull(maxResponseTime),
    perLocationFailedRuns: numberOrNull(perLocationFailedRuns),
    frequency: isWholeMinutes ? everySeconds / 60 : 0, frequencyOffset: isWholeMinutes ? null : everySeconds,
    retryStrategy: retryOf(draft.retryStrategy),
    alertSettings: draft.useGlobalAlertSettings && (before?.alertSettings ?? null) === null ? null : draft.alertSettings,
    ...(subscribed === null ? {} : { alertChannelSubscriptions: subscriptionsOf(subscribed, before) }),
  };
}

/** One that was switched off by hand elsewhere stays, switched off. */
function subscriptionsOf(subscribed: readonly number[], before: CheckWire | null) {
  const off = (before?.alertChannelSubscriptions ?? []).filter(({ activated, alertChannelId }) => !activated && !subscribed.includes(alertChannelId));
  return [...subscribed.map((alertChannelId) => ({ alertChannelId, activated: true })), ...off];
}

function retryOf(retry: Draft['retryStrategy']) {
  if (retry === null) return null;
  const { maxRetries, maxDurationSeconds, baseBackoffSeconds, ...common } = retry;
  const shared = { ...common, baseBackoffSeconds: numberOrNull(baseBackoffSeconds) };
  return retry.type === 'SINGLE_RETRY' ? shared : { ...shared, maxRetries: numberOrNull(maxRetries), maxDurationSeconds: numberOrNull(maxDurationSeconds) };
}

function numberOrNull(value: Typed): number | null {
  return value === '' ? null : value;
}

function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

/** The field of the form that shows a problem of the API's. */
export function fieldOf(path: string): string {
  if (path === 'frequency' || path === 'frequencyOffset') return 'everySeconds';
  if (/^(locations|privateLocations)\.\d+$/.test(path)) return path.split('.')[0]!;
  if (path.startsWith('alertChannelSubscriptions')) return 'subscribed';
  if (path.startsWith('tags.')) return 'tags';
  if (path === 'request.url') return 'request.hostname';
  if (path === 'request.body') return 'request.data';
  return path;
}

const NUMERIC: readonly AssertionSource[] = ['RESPONSE_TIME', 'DNS_TIME', 'CONNECT_TIME', 'TLS_TIME', 'FIRST_BYTE_TIME', 'CERTIFICATE_DAYS_LEFT'];

/** What makes sense of each source. */
export function comparisonsOf(source: AssertionSource): readonly AssertionComparison[] {
  if (NUMERIC.includes(source)) return ['LESS_THAN', 'GREATER_THAN', 'EQUALS', 'NOT_EQUALS', 'IS_EMPTY', 'NOT_EMPTY'];
  const texts: AssertionComparison[] = ['EQUALS', 'NOT_EQUALS', 'CONTAINS', 'NOT_CONTAINS', 'MATCHES', 'NOT_MATCHES', 'IS_EMPTY', 'NOT_EMPTY'];
  return source === 'RESPONSE_DATA' ? ['CONTAINS', 'NOT_CONTAINS', 'EQUALS', 'NOT_EQUALS', 'MATCHES', 'NOT_MATCHES', 'LESS_THAN', 'GREATER_THAN', 'IS_EMPTY', 'NOT_EMPTY'] : texts;
}
