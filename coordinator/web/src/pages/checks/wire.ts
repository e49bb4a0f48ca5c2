import type { AssertionComparison, AssertionSource, DataFormat, IpFamily } from '#shared/check/check.ts';
import type { GapReason } from '#shared/run/gap.ts';

/** What the API answers, as far as these pages read it. */

export type AssertionWire = { source: AssertionSource; property: string; comparison: AssertionComparison; target: string };
export type StepWire = { expect: string } | { send: string; dataFormat: DataFormat } | { startTls: true };
export type TlsWire = {
  mode: 'none' | 'implicit'; serverName: string | null; verify: boolean; ca: string | null; alpn: string[]; minVersion: string | null;
  clientCertificate: string | null; degradedDaysLeft: number | null; expectAlert: string | null;
};
export type RetryWire = {
  type: 'SINGLE_RETRY' | 'FIXED' | 'LINEAR' | 'EXPONENTIAL'; baseBackoffSeconds: number;
  maxRetries?: number; maxDurationSeconds?: number; sameRegion: boolean; onlyOn?: 'NETWORK_ERROR'[];
};
export type AlertSettingsWire = {
  escalationType: 'RUN_BASED' | 'TIME_BASED';
  runBasedEscalation: { failedRunThreshold: number };
  timeBasedEscalation: { minutesFailingThreshold: number };
  reminders: { amount: number; interval: number };
  parallelRunFailureThreshold: { enabled: boolean; percentage: number };
  recoveryPassThreshold: number;
};

export type CheckWire = {
  readonly id: string; readonly name: string; readonly description: string | null; readonly tags: readonly string[];
  readonly activated: boolean; readonly muted: boolean;
  readonly request: {
    readonly hostname: string; readonly port: number; readonly ipFamily: IpFamily; readonly data: string | null; readonly dataFormat: DataFormat;
    readonly sendAfter: 'connect' | 'banner'; readonly steps: readonly StepWire[]; readonly assertions: readonly AssertionWire[]; readonly tls: TlsWire | null;
    readonly read: { readonly maxBytes: number; readonly idleMs: number }; readonly sourceAddress: string | null; readonly dns: { readonly server: string | null };
  };
  readonly shouldFail: boolean; readonly degradedResponseTime: number; readonly maxResponseTime: number;
  readonly frequency: number; readonly frequencyOffset: number | null;
  readonly locations: readonly string[]; readonly privateLocations: readonly string[]; readonly runParallel: boolean;
  readonly retryStrategy: RetryWire | null; readonly doubleCheck: boolean;
  readonly alertSettings: AlertSettingsWire | null; readonly useGlobalAlertSettings: boolean;
  readonly alertChannelSubscriptions: readonly { readonly alertChannelId: number; readonly activated: boolean }[];
  readonly groupId: number | null; readonly groupOrder: number | null; readonly runtimeId: string | null; readonly triggerIncident: Readonly<Record<string, unknown>> | null;
  readonly confirmFromOtherLocation: boolean; readonly perLocationFailedRuns: number | null; readonly whenUnseen: 'noData' | 'failing';
  readonly dependsOn: readonly string[]; readonly created_at: string; readonly updated_at: string; readonly revision: number;
};

export type LocationWire = {
  readonly id: string; readonly code: string; readonly name: string; readonly kind: 'public' | 'private'; readonly liveAgents: number; readonly available: boolean; readonly load: number | null;
};
export type ChannelWire = { readonly id: number; readonly type: string; readonly config: Readonly<Record<string, unknown>>; readonly [field: string]: unknown };
export type GroupWire = { readonly id: number; readonly name: string };
export type PresetWire = {
  readonly name: string; readonly title: string; readonly description: string; readonly defaultPort: number;
  readonly parameters: readonly { readonly name: string; readonly about: string; readonly whenUnset: 'value' | 'required' | 'target'; readonly default: string | null; readonly isSecret: boolean }[];
};

export type Outcome = 'passed' | 'degraded' | 'failed' | 'agent_fault' | 'egress_denied';
export type Trigger = 'schedule' | 'deploy' | 'manual' | 'confirm' | 'retry';

export type TimingsWire = {
  readonly dns: number; readonly connect: number; readonly tls: number; readonly send: number; readonly firstByte: number; readonly data: number;
  readonly total: number; readonly idle: number;
};
export type CertificateWire = {
  readonly version: string; readonly cipher: string; readonly alpn: string | null; readonly authorized: boolean; readonly alert: string | null;
  readonly subject: string; readonly issuer: string; readonly subjectAltNames: readonly string[]; readonly serialNumber: string; readonly fingerprint256: string;
  readonly notBefore: string; readonly notAfter: string; readonly chainNotAfter: string;
};
export type ResultWire = {
  readonly id: string; readonly name: string; readonly checkId: string | null;
  readonly hasFailures: boolean; readonly hasErrors: boolean; readonly isDegraded: boolean; readonly overMaxResponseTime: boolean;
  readonly runLocation: string; readonly startedAt: string; readonly stoppedAt: string; readonly created_at: string;
  readonly responseTime: number; readonly checkRunId: number; readonly attempts: number; readonly resultType: 'FINAL' | 'ATTEMPT'; readonly sequenceId: string;
  readonly tcpCheckResult: {
    readonly request: { readonly hostname: string; readonly port: number; readonly ipFamily: IpFamily; readonly data: string | null; readonly dataFormat: DataFormat; readonly sendAfter: 'connect' | 'banner' };
    readonly resolvedAddress: string | null; readonly resolvedAddresses: readonly string[]; readonly localAddress: string | null; readonly established: boolean;
    readonly bytesSent: number; readonly bytesReceived: number;
    readonly response: { readonly text: string; readonly base64?: string; readonly isTruncated: boolean };
    readonly error: { readonly phase: string; readonly code: string; readonly message: string; readonly step?: number } | null;
    readonly timings: TimingsWire;
    readonly assertions: readonly (AssertionWire & { readonly passed: boolean; readonly actual: string; readonly error?: string })[];
    readonly stopReason: string;
    readonly steps: readonly { readonly kind: 'expect' | 'send' | 'startTls'; readonly us: number; readonly ok: boolean; readonly detail: string }[];
    readonly captures: Readonly<Record<string, string>>;
    readonly tls: CertificateWire | null;
    readonly outcome: Outcome; readonly trigger: Trigger; readonly dueAt: string; readonly startedAt: string; readonly latenessUs: number;
    readonly clock: { readonly source: 'user' | 'kernel'; readonly uncertaintyUs: number; readonly offsetUs: number; readonly errorUs: number; readonly loopDelayUs: number };
    readonly synRetransmits?: number;
    readonly agentId: string; readonly locations: { readonly owed: string; readonly executed: string };
    readonly checkRevision: number | null; readonly isSurplus: boolean;
  };
};

export type Times = { readonly avgMs: number; readonly minMs: number; readonly p50Ms: number; readonly p90Ms: number; readonly p95Ms: number; readonly p99Ms: number; readonly maxMs: number };
export type Phases = Readonly<Partial<Record<string, Times>>>;
export type Figures = {
  readonly runs: number; readonly availability: number | null; readonly reachability: number | null;
  readonly outcomes: { readonly passed: number; readonly degraded: number; readonly failed: number; readonly agentFault: number; readonly egressDenied: number; readonly impaired: number };
  readonly retries: number; readonly unseen: number; readonly maintenance: number; readonly gaps: Readonly<Partial<Record<GapReason, number>>>;
  readonly phases: Phases;
};
export type SeriesBucket = Figures & { readonly at: string; readonly correctedAt: string | null };
export type SeriesWire = {
  readonly from: string; readonly to: string; readonly bucketSeconds: number; readonly source: 'rows' | 'rollups';
  readonly whole: Figures; readonly buckets: readonly SeriesBucket[]; readonly locations: readonly (Figures & { readonly location: string })[];
};
