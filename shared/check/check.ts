/**
 * What a user defines: one TCP service, what to say to it, what to expect, how often and from where.
 *
 * The field names are those of the public API (product.md §1, checkly-api.md §1); `parse-check.ts` is the
 * only way from unknown input to these types, and everything behind it relies on the limits written here.
 */
export type Check = {
  readonly name: string;
  /** Markdown, at most 500 characters. */
  readonly description: string | null;
  /** `key:value` tags become Prometheus labels. */
  readonly tags: readonly string[];
  /** Does it run? */
  readonly activated: boolean;
  /** Does it run without notifying anybody? */
  readonly muted: boolean;
  readonly request: TcpRequest;
  /** A failed connection passes, an established one fails (product.md §2). */
  readonly shouldFail: boolean;
  /** ms, 1–45000, at most `maxResponseTime`; strictly more is degraded. */
  readonly degradedResponseTime: number;
  /** ms, 1–45000: the deadline of a whole attempt. */
  readonly maxResponseTime: number;
  /** Minutes, 1–1440, or 0 with `frequencyOffset` seconds (rules.md 18). */
  readonly frequency: number;
  /** Seconds, 10–86400; has an effect only when `frequency` is 0. */
  readonly frequencyOffset: number | null;
  /** Codes of public locations. */
  readonly locations: readonly string[];
  /** Slugs of the account's private locations. */
  readonly privateLocations: readonly string[];
  /** true: parallel; false: round-robin. */
  readonly runParallel: boolean;
  readonly retryStrategy: RetryStrategy | null;
  /** Deprecated by the API it comes from: one immediate retry. Left out means false here (rules.md 18). */
  readonly doubleCheck: boolean;
  readonly alertSettings: AlertSettings | null;
  readonly useGlobalAlertSettings: boolean;
  readonly alertChannelSubscriptions: readonly AlertChannelSubscription[];
  readonly groupId: number | null;
  readonly groupOrder: number | null;
  /** Accepted, kept and echoed for the clients that send it; without a meaning for TCP. */
  readonly runtimeId: string | null;
  readonly triggerIncident: Readonly<Record<string, unknown>> | null;
  /** Confirm a failure by an immediate run in another chosen location before it alerts (added). */
  readonly confirmFromOtherLocation: boolean;
  /** Alert when one location alone sees this many failing runs in a row (added; rules.md 20). */
  readonly perLocationFailedRuns: number | null;
  /** What an unseen check counts as (added; rules.md 22). */
  readonly whenUnseen: 'noData' | 'failing';
  /** Ids of checks whose failure explains this one's (added). */
  readonly dependsOn: readonly string[];
};

export type IpFamily = 'IPv4' | 'IPv6';
export type DataFormat = 'text' | 'escaped' | 'hex' | 'base64';

export type TcpRequest = {
  /** DNS name or address literal; no scheme, no port, no brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly ipFamily: IpFamily;
  readonly data: string | null;
  readonly dataFormat: DataFormat;
  /** When `data` is sent: at once, or after the server's first bytes. */
  readonly sendAfter: 'connect' | 'banner';
  /** A dialogue instead of `data`; empty when there is none. */
  readonly steps: readonly Step[];
  readonly assertions: readonly Assertion[];
  readonly tls: TlsSettings | null;
  readonly read: { readonly maxBytes: number; readonly idleMs: number };
  readonly sourceAddress: string | null;
  readonly dns: { readonly server: string | null };
};

/** One step of a dialogue. On the API: `{"expect": …}`, `{"send": …, "dataFormat": …}`, `{"startTls": true}`. */
export type Step =
  | { readonly kind: 'expect'; readonly pattern: string }
  | { readonly kind: 'send'; readonly data: string; readonly dataFormat: DataFormat }
  | { readonly kind: 'startTls' };

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

export type TlsSettings = {
  /** `none` keeps the other settings for a `startTls` step. */
  readonly mode: 'none' | 'implicit';
  /** Left out: the hostname, when it is a name. */
  readonly serverName: string | null;
  readonly verify: boolean;
  /** PEM; used instead of the system's roots. */
  readonly ca: string | null;
  readonly alpn: readonly string[];
  readonly minVersion: TlsVersion | null;
  /** Name of a client certificate in the agent's own secrets file; the coordinator never holds it. */
  readonly clientCertificate: string | null;
  /** Fewer days left on the chain than this is degraded. */
  readonly degradedDaysLeft: number | null;
  /** The handshake is expected to be refused with this alert, e.g. `certificate_required`. */
  readonly expectAlert: string | null;
};

export const ASSERTION_SOURCES = [
  'RESPONSE_DATA', 'RESPONSE_TIME', 'DNS_TIME', 'CONNECT_TIME', 'TLS_TIME', 'FIRST_BYTE_TIME',
  'RESOLVED_ADDRESS', 'FAILURE_CODE', 'CERTIFICATE_DAYS_LEFT',
] as const;
export type AssertionSource = (typeof ASSERTION_SOURCES)[number];

export const ASSERTION_COMPARISONS = [
  'EQUALS', 'NOT_EQUALS', 'IS_EMPTY', 'NOT_EMPTY', 'LESS_THAN', 'GREATER_THAN',
  'CONTAINS', 'NOT_CONTAINS', 'MATCHES', 'NOT_MATCHES',
] as const;
export type AssertionComparison = (typeof ASSERTION_COMPARISONS)[number];

export type Assertion = {
  readonly source: AssertionSource;
  /** On RESPONSE_DATA a regular expression whose first group is what gets compared; else ''. */
  readonly property: string;
  readonly comparison: AssertionComparison;
  /** Always a string on the wire; times are ms. */
  readonly target: string;
};

export type RetryStrategy = {
  readonly type: 'SINGLE_RETRY' | 'FIXED' | 'LINEAR' | 'EXPONENTIAL';
  readonly baseBackoffSeconds: number;
  /** 1–10; 1 for SINGLE_RETRY. */
  readonly maxRetries: number;
  /** ≤ 600: run time and waits of the whole run. */
  readonly maxDurationSeconds: number;
  readonly sameRegion: boolean;
  /** Retry connection failures only, not failed assertions. */
  readonly onlyOn: 'NETWORK_ERROR' | null;
};

export type AlertSettings = {
  readonly escalationType: 'RUN_BASED' | 'TIME_BASED';
  readonly runBasedEscalation: { readonly failedRunThreshold: number };
  readonly timeBasedEscalation: { readonly minutesFailingThreshold: number };
  readonly reminders: { readonly amount: number; readonly interval: number };
  readonly parallelRunFailureThreshold: { readonly enabled: boolean; readonly percentage: number };
  /** Passing runs in a row that end a failure, 1–10 (added). */
  readonly recoveryPassThreshold: number;
};

export type AlertChannelSubscription = { readonly alertChannelId: number; readonly activated: boolean };

/** The interval between two slots in ms (rules.md 18). */
export function intervalMsOf(check: Pick<Check, 'frequency' | 'frequencyOffset'>): number {
  return check.frequency > 0 ? check.frequency * 60_000 : (check.frequencyOffset ?? 10) * 1_000;
}
