import type { CidrList } from '#shared/net/cidr.ts';
import { oidcSettings, readOidc, type OidcSettings } from './oidc-settings.ts';
import { WARN_AT_PERCENT } from './usage/usage.ts';
import type { UsageSettings } from './api/usage-port.ts';
import { type Environment, type SettingProblem, givenText, readSettings, settingProblem } from '#shared/settings/read-settings.ts';
import type { Secret } from '#shared/settings/secret.ts';
import type { RetentionDays } from './pipeline/retention-port.ts';
import { optional, required, withDefault } from '#shared/settings/setting.ts';
import {
  type Endpoint, LOG_LEVELS, type LogLevel, amount, flag, integer, host, hostsAndPorts, httpUrl, isLoopbackHost, keyOf32Bytes, keysOf32Bytes, networks, oneOf, portOrAny, postgresUrl, smtpUrl, text, token,
} from '#shared/settings/values.ts';

/** Paths of PEM files. */
export type TlsFiles = { readonly certPath: string; readonly keyPath: string };

/** What a coordinator needs to know before it starts (rules.md 30). */
export type CoordinatorConfig = {
  readonly databaseUrl: Secret;
  readonly http: {
    readonly host: string; readonly port: number; readonly tls: TlsFiles | null;
    /** Where people open the dashboard; null: at the address it listens on. */
    readonly publicUrl: string | null;
    /** May people sign in without TLS from other machines? */
    readonly isPlaintextAllowed: boolean;
  };
  readonly fleet: {
    readonly host: string;
    readonly port: number;
    /** null: plaintext, on loopback or by explicit flag. `clientCaPath` null: agents need no certificate. */
    readonly tls: (TlsFiles & { readonly clientCaPath: string | null }) | null;
    /** Serve gRPC reflection? */
    readonly reflection: boolean;
  };
  readonly dataDir: string;
  /** The first account's key; null: made and kept in the data directory (`kept-secret.ts`). */
  readonly apiKey: Secret | null;
  /** 32 bytes under which keys are hashed and secrets sealed; null: made and kept in the data directory. */
  readonly masterKey: Secret<Uint8Array> | null;
  /** For agents of public locations that name none themselves (rules.md 22). */
  readonly publicWitnesses: readonly Endpoint[];
  /** One in so many bodies of passing runs is kept. */
  readonly keepPassingBodies: number;
  /** The ring that seals secrets, the current key first; empty: the master key alone. */
  readonly masterKeys: readonly Secret<Uint8Array>[];
  /** hourly and daily are at least raw and hourly. */
  readonly retention: RetentionDays;
  readonly logLevel: LogLevel;
  readonly notices: NoticeSettings;
  /** What runs cost, and how many a month are allowed where an account says nothing itself. */
  readonly usage: UsageSettings;
  /** Where the coordinator's own metrics are sent by OTLP, besides being there to be scraped; null: nowhere. */
  readonly otlpUrl: string | null;
  /** null: people sign in with a password alone. */
  readonly oidc: OidcSettings | null;
};

/** How notices leave. */
export type NoticeSettings = {
  /** null: no mail can be sent. */
  readonly smtpUrl: Secret | null;
  readonly smtpFrom: string;
  readonly webhooks: { readonly allowHttp: boolean; readonly allowNetworks: CidrList };
  /** A provider of text messages and calls; null: none. */
  readonly twilio: { readonly url: string; readonly account: string; readonly token: Secret; readonly from: string } | null;
};

export const coordinatorSettings = {
  ...oidcSettings,
  databaseUrl: required('DATABASE_URL', postgresUrl(), {
    about: 'the Postgres that keeps everything', secrecy: 'url',
    hint: 'Give postgres://user:password@host:5432/database, or run `sonde up`, which brings its own.',
  }),
  httpHost: withDefault('SONDE_HTTP_HOST', host(), '127.0.0.1', {
    about: 'address the API listens on', hint: 'Use 0.0.0.0 to listen on all IPv4 addresses.',
  }),
  httpPort: withDefault('SONDE_HTTP_PORT', portOrAny(), '8080', { about: 'port of the API', hint: 'Choose a free port, for example 8080.' }),
  httpTlsCert: optional('SONDE_HTTP_TLS_CERT', text(), 'plain HTTP', {
    about: 'PEM file: certificate of the API', hint: 'Give the path of a PEM file, together with SONDE_HTTP_TLS_KEY.',
  }),
  httpTlsKey: optional('SONDE_HTTP_TLS_KEY', text(), 'plain HTTP', {
    about: 'PEM file: key of that certificate', hint: 'Give the path of a PEM file, together with SONDE_HTTP_TLS_CERT.',
  }),
  httpPlaintext: withDefault('SONDE_HTTP_PLAINTEXT', flag(), '0', {
    about: '1 lets people sign in without TLS from other machines', hint: 'Leave it out, or set it to 1 if the network between is trusted.',
  }),
  publicUrl: optional('SONDE_PUBLIC_URL', httpUrl(), 'the address it listens on', {
    about: 'where people open the dashboard, for links', hint: 'Give the address in front of a proxy, for example https://sonde.example.',
  }),
  fleetHost: withDefault('SONDE_FLEET_HOST', host(), '127.0.0.1', {
    about: 'address that agents connect to', hint: 'Use 0.0.0.0 to listen on all IPv4 addresses.',
  }),
  fleetPort: withDefault('SONDE_FLEET_PORT', portOrAny(), '8090', { about: 'port that agents connect to', hint: 'Choose a free port, for example 8090.' }),
  fleetTlsCert: optional('SONDE_FLEET_TLS_CERT', text(), 'plaintext on loopback', {
    about: 'PEM file: certificate shown to agents', hint: 'Give the path of a PEM file, together with SONDE_FLEET_TLS_KEY.',
  }),
  fleetTlsKey: optional('SONDE_FLEET_TLS_KEY', text(), 'plaintext on loopback', {
    about: 'PEM file: key of that certificate', hint: 'Give the path of a PEM file, together with SONDE_FLEET_TLS_CERT.',
  }),
  fleetTlsClientCa: optional('SONDE_FLEET_TLS_CLIENT_CA', text(), 'agents need no certificate', {
    about: 'PEM file: authority that must have signed the certificate of an agent', hint: 'Give the path of a PEM file, together with SONDE_FLEET_TLS_CERT.',
  }),
  fleetPlaintext: withDefault('SONDE_FLEET_PLAINTEXT', flag(), '0', {
    about: '1 allows agents without TLS from other machines', hint: 'Leave it out, or set it to 1 to allow plaintext between machines.',
  }),
  dataDir: withDefault('SONDE_DATA_DIR', text(), './.sonde', {
    about: 'directory of keys, and of all of `sonde up`', hint: 'Give a directory that this user may write to.',
  }),
  apiKey: optional('SONDE_API_KEY', token(), 'made once, kept in the data directory', {
    about: "the first account's API key", secrecy: 'secret', hint: 'Leave it out to have one made.',
  }),
  masterKey: optional('SONDE_MASTER_KEY', keyOf32Bytes(), 'made once, kept in the data directory', {
    about: 'key that seals secrets and hashes keys', secrecy: 'secret', hint: 'Make one with `openssl rand -hex 32`.',
  }),
  masterKeys: optional('SONDE_MASTER_KEYS', keysOf32Bytes(), 'SONDE_MASTER_KEY alone', {
    about: 'keys that seal secrets, the current one first, with commas between', secrecy: 'secret',
    hint: 'To rotate put a new key (`openssl rand -hex 32`) before the others, restart, run `sonde secrets rotate`, then drop the old one.',
  }),
  reflection: withDefault('SONDE_REFLECTION', flag(), '0', {
    about: '1 serves gRPC reflection on the fleet port', hint: 'Set it to 0 or 1.',
  }),
  smtpUrl: optional('SONDE_SMTP_URL', smtpUrl(), 'no mail is sent', {
    about: 'the mail server that alerts go through', secrecy: 'url', hint: 'Give smtp://user:password@mail.example:587, or smtps:// for TLS from the start.',
  }),
  smtpFrom: withDefault('SONDE_SMTP_FROM', text(), 'Sonde <sonde@localhost>', {
    about: 'the sender of mails', hint: 'Give an address that the mail server lets you send as: Sonde <alerts@example.com>.',
  }),
  webhookAllowHttp: withDefault('SONDE_WEBHOOK_ALLOW_HTTP', flag(), '0', {
    about: '1 lets webhooks go to http:// addresses, too', hint: 'Leave it out, or set it to 1.',
  }),
  webhookAllowNetworks: optional('SONDE_WEBHOOK_ALLOW_NETWORKS', networks(), 'public addresses only', {
    about: 'networks besides the public ones that webhooks may go to', hint: 'Give networks such as 10.0.0.0/8,127.0.0.1.',
  }),
  twilioUrl: withDefault('SONDE_TWILIO_URL', httpUrl(), 'https://api.twilio.com', {
    about: 'provider of text messages and calls, with the API of Twilio', hint: 'Give its address without a path.',
  }),
  twilioAccount: optional('SONDE_TWILIO_ACCOUNT', text(), 'no text messages, no calls', {
    about: 'account there', hint: 'Give it together with SONDE_TWILIO_TOKEN and SONDE_TWILIO_FROM.',
  }),
  twilioToken: optional('SONDE_TWILIO_TOKEN', token(), 'no text messages, no calls', {
    about: 'its token', secrecy: 'secret', hint: 'Give it together with SONDE_TWILIO_ACCOUNT and SONDE_TWILIO_FROM.',
  }),
  twilioFrom: optional('SONDE_TWILIO_FROM', text(), 'no text messages, no calls', {
    about: 'number that they come from', hint: 'Give a number of the account, like +4930123456.',
  }),
  publicWitnesses: optional('SONDE_PUBLIC_WITNESSES', hostsAndPorts(8), 'agents of public locations have none unless they name some', {
    about: 'host:port of services that tell public agents whether the network is there', hint: 'Name some that do not depend on each other, for example 1.1.1.1:443,8.8.8.8:443.',
  }),
  keepPassingBodies: withDefault('SONDE_KEEP_PASSING_BODIES', integer(1, 1_000_000), '1', {
    about: 'one in so many bodies of passing runs is kept, besides the first after any change; 1 keeps all, as the page of a run shows them', hint: 'Give a whole number, for example 20 where room is short.',
  }),
  retentionRawDays: withDefault('SONDE_RETENTION_RAW_DAYS', integer(1, 400), '30', {
    about: 'days that results and gaps are kept', hint: 'Give a whole number of days; an account may keep less.',
  }),
  retentionHourlyDays: withDefault('SONDE_RETENTION_HOURLY_DAYS', integer(1, 4_000), '400', {
    about: 'days that hourly figures are kept', hint: 'Give a whole number of days, at least as many as results are kept.',
  }),
  retentionDailyDays: withDefault('SONDE_RETENTION_DAILY_DAYS', integer(1, 20_000), '800', {
    about: 'days that daily figures are kept', hint: 'Give a whole number of days, at least as many as hourly figures are kept.',
  }),
  pricePer10000: withDefault('SONDE_PRICE_PER_10000_RUNS', amount(), '2', {
    about: 'price of 10,000 runs, shown with the usage', hint: 'Give an amount such as 2 or 1.50, or 0.',
  }),
  currency: withDefault('SONDE_CURRENCY', text(), 'USD', { about: 'what prices are shown in', hint: 'Give a currency such as USD or EUR.' }),
  quotaRuns: optional('SONDE_QUOTA_RUNS_PER_MONTH', integer(1, 999_999_999_999), 'no quota', {
    about: 'runs a month of an account that has no quota of its own', hint: 'Give a whole number; nothing that runs is stopped at it.',
  }),
  otlpUrl: optional('SONDE_OTLP_URL', httpUrl(), 'metrics are only scraped', {
    about: 'receiver of OTLP that metrics are sent to every minute', hint: 'Give its whole address, for example http://collector:4318/v1/metrics; headers are OTEL_EXPORTER_OTLP_HEADERS.',
  }),
  logLevel: withDefault('SONDE_LOG_LEVEL', oneOf(LOG_LEVELS), 'info', {
    about: 'how much is logged', hint: 'Use info, or debug to see more.',
  }),
} as const;

export type ReadCoordinatorConfig =
  | { readonly ok: true; readonly config: CoordinatorConfig }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** The coordinator's config from its environment, or every problem at once. */
export function readCoordinatorConfig(env: Environment): ReadCoordinatorConfig {
  const read = readSettings(coordinatorSettings, env);
  const { oidc, problems: oidcProblems } = read.ok ? readOidc(read.settings, env) : { oidc: null, problems: [] };
  const problems = [...(read.ok ? [] : read.problems), ...problemsBetweenSettings(env), ...oidcProblems];
  if (!read.ok || problems.length > 0) return { ok: false, problems };
  const s = read.settings;
  const fleetTls = tlsFiles(s.fleetTlsCert, s.fleetTlsKey);
  return {
    ok: true,
    config: {
      databaseUrl: s.databaseUrl,
      http: {
        host: s.httpHost, port: s.httpPort, tls: tlsFiles(s.httpTlsCert, s.httpTlsKey), publicUrl: s.publicUrl, isPlaintextAllowed: s.httpPlaintext,
      },
      fleet: {
        host: s.fleetHost, port: s.fleetPort, reflection: s.reflection,
        tls: fleetTls && { ...fleetTls, clientCaPath: s.fleetTlsClientCa },
      },
      dataDir: s.dataDir, apiKey: s.apiKey, masterKey: s.masterKey, masterKeys: s.masterKeys ?? [], publicWitnesses: s.publicWitnesses ?? [], logLevel: s.logLevel,
      keepPassingBodies: s.keepPassingBodies,
      retention: retentionOf(s),
      otlpUrl: s.otlpUrl, oidc,
      usage: {
        pricePer10000: s.pricePer10000, currency: s.currency,
        defaultQuota: s.quotaRuns === null ? null : { runsPerMonth: s.quotaRuns, policy: 'continue', warnAtPercent: WARN_AT_PERCENT },
      },
      notices: {
        smtpUrl: s.smtpUrl, smtpFrom: s.smtpFrom, webhooks: { allowHttp: s.webhookAllowHttp, allowNetworks: s.webhookAllowNetworks ?? [] },
        twilio: s.twilioAccount !== null && s.twilioToken !== null && s.twilioFrom !== null
          ? { url: s.twilioUrl, account: s.twilioAccount, token: s.twilioToken, from: s.twilioFrom } : null,
      },
    },
  };
}

/** Figures outlive what they were made of. */
function retentionOf({ retentionRawDays: raw, retentionHourlyDays, retentionDailyDays }: { retentionRawDays: number; retentionHourlyDays: number; retentionDailyDays: number }): RetentionDays {
  const hourly = Math.max(raw, retentionHourlyDays);
  return { raw, hourly, daily: Math.max(hourly, retentionDailyDays) };
}

function tlsFiles(certPath: string | null, keyPath: string | null): TlsFiles | null {
  return certPath !== null && keyPath !== null ? { certPath, keyPath } : null;
}

/** Rules that need two settings: a certificate has a key, and plaintext leaves the machine only when told to. */
function problemsBetweenSettings(env: Environment): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const s = coordinatorSettings;
  for (const [cert, key] of [[s.httpTlsCert, s.httpTlsKey], [s.fleetTlsCert, s.fleetTlsKey]] as const) {
    const hasCert = givenText(env, cert.variable) !== null;
    const hasKey = givenText(env, key.variable) !== null;
    if (hasCert && !hasKey) problems.push(settingProblem(key, null, `set, because ${cert.variable} is`));
    if (hasKey && !hasCert) problems.push(settingProblem(cert, null, `set, because ${key.variable} is`));
  }
  const twilio = [s.twilioAccount, s.twilioToken, s.twilioFrom];
  const given = twilio.filter(({ variable }) => givenText(env, variable) !== null);
  if (given.length > 0) {
    for (const setting of twilio.filter((one) => !given.includes(one))) problems.push(settingProblem(setting, null, `set, because ${given[0]?.variable} is`));
  }
  if (givenText(env, s.fleetTlsClientCa.variable) !== null && givenText(env, s.fleetTlsCert.variable) === null) {
    problems.push(settingProblem(s.fleetTlsCert, null, `set, because ${s.fleetTlsClientCa.variable} is`));
  }
  const fleetHost = givenText(env, s.fleetHost.variable) ?? '127.0.0.1';
  const isProtected = givenText(env, s.fleetTlsCert.variable) !== null || isLoopbackHost(fleetHost);
  if (!isProtected && !['1', 'true'].includes(givenText(env, s.fleetPlaintext.variable) ?? '')) {
    problems.push({
      ...settingProblem(s.fleetHost, fleetHost, 'a loopback address as long as agents connect without TLS'),
      hint: PLAINTEXT_HINT,
      message: `${s.fleetHost.variable} is '${fleetHost}': agents of other machines would connect without TLS. ${PLAINTEXT_HINT}`,
    });
  }
  return problems;
}

const PLAINTEXT_HINT = 'Set SONDE_FLEET_TLS_CERT and SONDE_FLEET_TLS_KEY, or SONDE_FLEET_PLAINTEXT=1 if the network between is trusted.';
