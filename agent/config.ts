import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { CidrList } from '#shared/net/cidr.ts';
import { decideEgress } from '#shared/net/egress-policy.ts';
import { type Environment, type SettingProblem, givenText, readSettings, settingProblem } from '#shared/settings/read-settings.ts';
import type { Secret } from '#shared/settings/secret.ts';
import { optional, required, withDefault } from '#shared/settings/setting.ts';
import {
  type Endpoint, type HttpProxy, LOG_LEVELS, type LogLevel, duration, flag, host, hostAndPort, hostsAndPorts, httpProxy, integer, isLoopbackHost, networks, oneOf,
  portOrAny, text, token,
} from '#shared/settings/values.ts';
import { ENGINE_CHOICES, type EngineChoice } from './probe/engine/engine-choice.ts';

/** What an agent needs to know before it starts (rules.md 30). */
export type AgentConfig = {
  readonly coordinator: Endpoint & {
    readonly transport: { readonly kind: 'plaintext' } | {
      readonly kind: 'tls';
      /** null: the system's authorities. */
      readonly caPath: string | null;
      /** What the agent shows where the coordinator asks for it; paths of PEM files. */
      readonly client: { readonly certPath: string; readonly keyPath: string } | null;
    };
    /** A CONNECT proxy on the way there; null: what the variables grpc_proxy, https_proxy and no_proxy say. */
    readonly proxy: HttpProxy | null;
  };
  /** To enrol, or to change over to another one; null: the agent's own key is enough. */
  readonly locationKey: Secret | null;
  /** For people; null: the host's name. */
  readonly name: string | null;
  /** Keeps the agent's identity and the results not yet delivered. */
  readonly dataDir: string;
  /** Port 0: any free one. */
  readonly http: { readonly host: string; readonly port: number };
  /** Attempts at once. */
  readonly concurrency: number;
  /** Local lists, which no coordinator can widen (rules.md 31). */
  readonly egress: { readonly allow: CidrList; readonly deny: CidrList };
  /** `dns` asks the name servers itself, `system` uses getaddrinfo (/etc/hosts, search domains). */
  readonly resolver: 'dns' | 'system';
  /** What times the sockets. */
  readonly probeEngine: EngineChoice;
  /** Path of the modules of `/probe`; null: `/probe` is off. */
  readonly probeModulesPath: string | null;
  /** Path of the agent's own client certificates and networks; null: it has none. */
  readonly secretsPath: string | null;
  /** What tells this agent that it is itself cut off (rules.md 22); null: what the coordinator names for a public location. */
  readonly witnesses: readonly Endpoint[] | null;
  /** How long it runs on without a word from the coordinator, restarts included. */
  readonly autonomyMs: number;
  readonly logLevel: LogLevel;
};

export const agentSettings = {
  coordinator: required('SONDE_COORDINATOR', hostAndPort(), {
    about: "host:port of the coordinator's fleet port", hint: 'Give for example sonde.example.com:8090.',
  }),
  locationKey: optional('SONDE_LOCATION_KEY', token(), 'the agent has enrolled before', {
    about: 'key of the location this agent joins, until it has enrolled', secrecy: 'secret',
    hint: 'Make one with `sonde locations create <code>` or `sonde private-locations create <slug>`, which show it once.',
  }),
  locationKeyFile: optional('SONDE_LOCATION_KEY_FILE', text(), 'no file is read', {
    about: 'file that holds that key; read when SONDE_LOCATION_KEY is not set', hint: 'Give the path of a file with the key and nothing else.',
  }),
  name: optional('SONDE_AGENT_NAME', text(), "the host's name", { about: 'name of this agent, for people', hint: 'Leave it out to use the host name.' }),
  dataDir: withDefault('SONDE_DATA_DIR', text(), './.sonde', {
    about: 'directory of the identity and of undelivered results', hint: 'Give a directory that this user may write to.',
  }),
  httpHost: withDefault('SONDE_AGENT_HTTP_HOST', host(), '127.0.0.1', {
    about: "address of the agent's /metrics and /healthz", hint: 'Use 0.0.0.0 to listen on all IPv4 addresses.',
  }),
  httpPort: withDefault('SONDE_AGENT_HTTP_PORT', portOrAny(), '8081', { about: "port of the agent's /metrics and /healthz", hint: 'Choose a free port, for example 8081.' }),
  concurrency: withDefault('SONDE_AGENT_CONCURRENCY', integer(1, 20_000), '1000', {
    about: 'attempts at once, at most', hint: 'Keep it below the limit of open files (`ulimit -n`).',
  }),
  egressAllow: optional('SONDE_EGRESS_ALLOW', networks(), 'the default policy', {
    about: 'networks that checks may reach beyond the default', hint: 'Write for example 127.0.0.0/8,::1/128.',
  }),
  egressDeny: optional('SONDE_EGRESS_DENY', networks(), 'the default policy', {
    about: 'networks that checks may never reach', hint: 'Write for example 10.1.0.0/16.',
  }),
  resolver: withDefault('SONDE_RESOLVER', oneOf(['dns', 'system']), 'dns', {
    about: 'dns asks name servers, system uses the host (/etc/hosts)', hint: 'Use dns or system.',
  }),
  probeEngine: withDefault('SONDE_PROBE_ENGINE', oneOf(ENGINE_CHOICES), 'auto', {
    about: "auto times checks by the kernel's clock where it can, plain by its own", hint: 'Use auto, kernel or plain; `sonde agents` says which one serves and why.',
  }),
  fleetTlsCa: optional('SONDE_FLEET_TLS_CA', text(), "the system's authorities", {
    about: "PEM file: authority that signed the coordinator's certificate", hint: 'Give the path of a PEM file.',
  }),
  fleetTlsClientCert: optional('SONDE_FLEET_TLS_CLIENT_CERT', text(), 'none is shown', {
    about: 'PEM file: client certificate shown to the coordinator', hint: 'Give the path of a PEM file, together with SONDE_FLEET_TLS_CLIENT_KEY.',
  }),
  fleetTlsClientKey: optional('SONDE_FLEET_TLS_CLIENT_KEY', text(), 'none is shown', {
    about: 'PEM file: key of that certificate', hint: 'Give the path of a PEM file, together with SONDE_FLEET_TLS_CLIENT_CERT.',
  }),
  fleetPlaintext: optional('SONDE_FLEET_PLAINTEXT', flag(), 'TLS, except to loopback', {
    about: '1 connects without TLS, 0 always with', hint: 'Leave it out, or set it to 1 to allow plaintext between machines.',
  }),
  proxy: optional('SONDE_PROXY', httpProxy(), 'grpc_proxy, https_proxy and no_proxy hold', {
    about: 'HTTP CONNECT proxy on the way to the coordinator', secrecy: 'url',
    hint: 'Write http://proxy.example:3128, with user:password@ before the host if it asks for them; checks do not go through it.',
  }),
  probeModules: optional('SONDE_PROBE_MODULES', text(), '/probe is off', {
    about: 'file of modules for /probe', hint: 'Give the path of a YAML file.',
  }),
  secretsFile: optional('SONDE_SECRETS_FILE', text(), 'no client certificates, no lists of its own', {
    about: "file of the agent's own client certificates and egress lists", hint: 'Give the path of a YAML file with clientCertificates, egress or both.',
  }),
  witnesses: optional('SONDE_WITNESSES', hostsAndPorts(8), 'a public location has those of the coordinator, a private one none', {
    about: 'host:port of services that tell whether the network is there',
    hint: 'Name some that do not depend on each other or on what is checked, for example your router and 1.1.1.1:443; not the coordinator.',
  }),
  autonomy: withDefault('SONDE_AUTONOMY', duration(10_000, 30 * 86_400_000, 'a time from 10s to 30d, such as 90m, 24h or 7d'), '24h', {
    about: 'how long checks go on without the coordinator', hint: 'Write for example 24h; afterwards the agent stops until it is told anew.',
  }),
  logLevel: withDefault('SONDE_LOG_LEVEL', oneOf(LOG_LEVELS), 'info', {
    about: 'how much is logged', hint: 'Use info, or debug to see more.',
  }),
} as const;

export type ReadAgentConfig =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** The agent's config from its environment (and the file of its location key), or every problem at once. */
export function readAgentConfig(env: Environment, readFile: (path: string) => string = readText): ReadAgentConfig {
  const read = readSettings(agentSettings, env);
  const keyFile = readLocationKeyFile(env, readFile);
  const problems = [...(read.ok ? [] : read.problems), ...keyFile.problems, ...clientCertificateProblems(env), ...proxyProblems(env), ...witnessProblems(env)];
  if (!read.ok || problems.length > 0) return { ok: false, problems };
  const s = read.settings;
  const client = s.fleetTlsClientCert !== null && s.fleetTlsClientKey !== null ? { certPath: s.fleetTlsClientCert, keyPath: s.fleetTlsClientKey } : null;
  return {
    ok: true,
    config: {
      coordinator: { ...s.coordinator, transport: transportTo(s.coordinator, { plaintext: s.fleetPlaintext, caPath: s.fleetTlsCa, client }), proxy: s.proxy },
      locationKey: s.locationKey ?? keyFile.key, name: s.name, dataDir: s.dataDir,
      http: { host: s.httpHost, port: s.httpPort },
      concurrency: s.concurrency,
      egress: { allow: s.egressAllow ?? [], deny: s.egressDeny ?? [] },
      resolver: s.resolver, probeEngine: s.probeEngine, probeModulesPath: s.probeModules, secretsPath: s.secretsFile, witnesses: s.witnesses, autonomyMs: s.autonomy, logLevel: s.logLevel,
    },
  };
}

/**
 * Secrets of systemd and Kubernetes come as files. One that is empty counts as not given, as an empty variable does:
 * so a key can be taken away once the agent has enrolled. No problem shows what is in it.
 */
function readLocationKeyFile(env: Environment, readFile: (path: string) => string): { readonly key: Secret | null; readonly problems: readonly SettingProblem[] } {
  const { locationKey, locationKeyFile } = agentSettings;
  const path = givenText(env, locationKeyFile.variable);
  if (path === null || givenText(env, locationKey.variable) !== null) return { key: null, problems: [] };
  const wrong = (limit: string) => ({ key: null, problems: [settingProblem(locationKeyFile, path, limit)] });
  try {
    const found = readFile(path).trim();
    if (found === '') return { key: null, problems: [] };
    const parsed = locationKey.schema.safeParse(found);
    return parsed.success ? { key: parsed.data, problems: [] }
      : wrong(`a file that holds a key: ${parsed.error.issues.map(({ message }) => message).join(', and ')}`);
  } catch (error) {
    return wrong(`a file that can be read (${(error as NodeJS.ErrnoException).code ?? 'an error'})`);
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8');

/** A proxy obeys the agent's own lists and the hard denials (rules.md 31), as far as its address is written out. */
function proxyProblems(env: Environment): SettingProblem[] {
  const { proxy, egressAllow, egressDeny } = agentSettings;
  const read = readSettings({ proxy, egressAllow, egressDeny }, env);
  const given = read.ok ? read.settings.proxy : null;
  if (!read.ok || given === null || isIP(given.host) === 0) return [];
  const decision = decideEgress(given.host, {
    kind: 'open', localAllow: read.settings.egressAllow ?? [], localDeny: read.settings.egressDeny ?? [], serverAllow: [], serverDeny: [], ownAddresses: [],
  });
  return decision.allowed ? [] : [settingProblem(proxy, givenText(env, proxy.variable), `an address that may be dialled (${decision.reason})`)];
}

/** The link to the coordinator is no witness (rules.md 22): its end says nothing about the targets. */
function witnessProblems(env: Environment): SettingProblem[] {
  const { coordinator, witnesses } = agentSettings;
  const read = readSettings({ coordinator, witnesses }, env);
  if (!read.ok || !read.settings.witnesses?.some(({ host, port }) => host === read.settings.coordinator.host && port === read.settings.coordinator.port)) return [];
  return [settingProblem(witnesses, givenText(env, witnesses.variable), 'services other than the coordinator')];
}

type Transport = AgentConfig['coordinator']['transport'];
type TlsTransport = Extract<Transport, { kind: 'tls' }>;

/** TLS, unless told otherwise or the coordinator is on this machine and no certificate is named. */
function transportTo(to: Endpoint, { plaintext, caPath, client }: Omit<TlsTransport, 'kind'> & { readonly plaintext: boolean | null }): Transport {
  const isPlain = plaintext ?? (caPath === null && client === null && isLoopbackHost(to.host));
  return isPlain ? { kind: 'plaintext' } : { kind: 'tls', caPath, client };
}

/** A client certificate has a key, and a key a certificate. */
function clientCertificateProblems(env: Environment): SettingProblem[] {
  const { fleetTlsClientCert: cert, fleetTlsClientKey: key } = agentSettings;
  const [hasCert, hasKey] = [cert, key].map(({ variable }) => givenText(env, variable) !== null);
  if (hasCert && !hasKey) return [settingProblem(key, null, `set, because ${cert.variable} is`)];
  if (hasKey && !hasCert) return [settingProblem(cert, null, `set, because ${key.variable} is`)];
  return [];
}
