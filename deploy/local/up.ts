/**
 * `npm start`: Postgres, a coordinator and two agents as processes of their own, what they see in one terminal.
 * Its life: settings → data directory, locked → Postgres → coordinator → locations → agents → first checks → live,
 * and back in the other order.
 */
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API_KEY_FILE, keptApiKey } from '#coordinator/kept-secret.ts';
import type { Log } from '#shared/log.ts';
import type { Environment } from '#shared/settings/read-settings.ts';
import { systemClock } from '#shared/time/clock.ts';
import { AGENT_NODE_FLAGS } from '../agent/node-flags.ts';
import { ApiClient } from '../cli/api-client.ts';
import { CliProblem } from '../cli/cli-problem.ts';
import { apiUrlOf } from '../cli/cli-settings.ts';
import type { Context } from '../cli/context.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import { SUPERVISED_FLAG } from '../cli/program.ts';
import { buildDashboardIfNeeded } from './build-dashboard-if-needed.ts';
import { BoundedLog } from './bounded-log.ts';
import { openDataDir } from './data-dir.ts';
import { developmentTls } from './development-tls.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { postgresTarget } from './first-checks.ts';
import { locationKeys } from './location-keys.ts';
import { makeFirstChecks } from './make-first-checks.ts';
import { OwnProcesses } from './own-processes.ts';
import { freePort, listenProblem, nearbyPort } from './ports.ts';
import { showLive } from './show-live.ts';
import { SupervisedProcess } from './supervised-process.ts';
import { readUpConfig, type UpConfig } from './up-config.ts';
import { prefixFor, upHeader } from './up-header.ts';
import { lockForUp } from './up-lock.ts';
import { Stopped, UpSteps } from './up-steps.ts';

const LOCATIONS = ['local-1', 'local-2'] as const;
/** How long what is under way may still take once it was given up. */
const FORCED_MS = 3_000;
/** As a shell reports a process that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;
const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

type StartedProcess = {
  readonly started: Promise<{ readonly httpUrl: string; readonly fleetPort?: number; readonly setupUrl?: string | null }>;
  /** Stops it, at whatever point of its life. */
  readonly end: () => Promise<void>;
};

/** Runs until the user stops it. */
export async function up(context: Context): Promise<ExitCode> {
  const { output, stop, force } = context;
  const steps = new UpSteps(output, systemClock, stop);
  const processes: SupervisedProcess[] = [];
  // Twice Ctrl-C: whatever is under way is left. Children notice by their channels, Postgres by its guardian.
  force.addEventListener('abort', () => {
    for (const child of processes) child.kill();
    setTimeout(() => process.exit(EXIT_INTERRUPTED), FORCED_MS).unref();
  });
  try {
    const api = await start(context, steps, processes);
    await showLive(api, output, systemClock, stop);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof Stopped) return EXIT.ok;
    throw error;
  } finally {
    const startedUs = systemClock.monotonicUs();
    await steps.end();
    const tookMs = Math.round((systemClock.monotonicUs() - startedUs) / 1000);
    if (stop.aborted) output.item({ event: 'stopped', tookMs }, () => `stopped ${output.colors.dim(`(${(tookMs / 1000).toFixed(1)} s)`)}`);
  }
}

async function start({ env, output, stop }: Context, steps: UpSteps, processes: SupervisedProcess[]): Promise<ApiClient> {
  const startedUs = systemClock.monotonicUs();
  const config = readUpConfig(env);
  const dataDir = openDataDir(config.coordinator.dataDir);
  const lock = lockForUp(dataDir);
  steps.onEnd('releasing the data directory', async () => lock.release());
  const own = new OwnProcesses(dataDir);
  if (own.left().length > 0) {
    await steps.step('waiting for the processes of the last start to end', () => own.untilLeftAreGone(systemClock, stop), () => 'the processes of the last start have ended');
  }
  steps.onEnd('forgetting the processes', async () => own.forget());
  const ports = await ownPorts(config);
  const news = (sentence: string): void => output.item({ event: 'news', message: sentence }, () => output.colors.yellow(`· ${sentence}`));
  const startProcess = (name: string, args: readonly string[], settings: Environment, nodeFlags: readonly string[] = []): StartedProcess => {
    const log = new BoundedLog(join(dataDir, 'logs', `${name.replaceAll(' ', '-')}.log`));
    const child = new SupervisedProcess({ name, file: MAIN, args, nodeFlags, env: { ...env, ...settings }, log, clock: systemClock, onNews: news, onSpawn: (pid) => own.add(pid) });
    processes.push(child);
    return { started: child.start(), end: async (): Promise<void> => { await child.stop(); log.close(); } };
  };

  await buildDashboardIfNeeded(steps, news);
  const apiKey = config.coordinator.apiKey ?? await keptApiKey(dataDir);
  const tls = config.isDevelopmentTls ? developmentTls(dataDir, namesOfFleet(config.coordinator.fleet.host), systemClock.nowMs()) : null;
  const database = await startDatabase(config, dataDir, steps, news);
  const coordinator = await steps.step('starting the coordinator', () => {
    const { started, end } = startProcess('coordinator', ['coordinator', SUPERVISED_FLAG], {
      DATABASE_URL: database.url, SONDE_DATA_DIR: dataDir, SONDE_API_KEY: apiKey.reveal(),
      SONDE_HTTP_PORT: String(ports.http), SONDE_FLEET_PORT: String(ports.fleet),
      ...(tls ? { SONDE_FLEET_TLS_CERT: tls.certPath, SONDE_FLEET_TLS_KEY: tls.keyPath } : {}),
    });
    steps.onEnd('stopping the coordinator', end);
    return started;
  }, () => 'coordinator');
  const { http, fleet } = config.coordinator;
  const apiUrl = apiUrlOf({ host: http.host, port: ports.http, isTls: http.tls !== null });
  const fleetPort = coordinator.fleetPort ?? ports.fleet;
  const api = new ApiClient({ url: apiUrl, key: apiKey.reveal() });
  const agents = await steps.step('starting two agents', async () => {
    const keys = await locationKeys(api, dataDir, LOCATIONS);
    const children = LOCATIONS.map((location) => ({
      location,
      ...startProcess(
        `agent ${location}`, ['agent', SUPERVISED_FLAG],
        agentEnv({ config, dataDir, location, fleetPort, key: keys.get(location) ?? '', caPath: tls?.caPath ?? null }), AGENT_NODE_FLAGS,
      ),
    }));
    steps.onEnd('stopping the agents', async () => { await Promise.all(children.map(({ end }) => end())); });
    return Promise.all(children.map(async ({ location, started }) => ({ location, httpUrl: (await started).httpUrl })));
  }, (started) => `agents in ${started.map(({ location }) => location).join(' and ')}`);
  await makeFirstChecks(api, dataDir, steps, {
    postgres: postgresTarget(database.url),
    http: { host: http.host, port: ports.http, isTls: http.tls !== null },
    fleet: { host: fleet.host, port: fleetPort },
    locations: LOCATIONS,
  });
  const facts = {
    apiUrl, setupUrl: coordinator.setupUrl ?? null, dataDir, postgres: database.shown, agents, fleet: { host: fleet.host, port: fleetPort, caFile: tls?.caPath ?? null }, prefix: prefixFor(env, apiUrl),
    keyFile: config.coordinator.apiKey === null ? join(dataDir, API_KEY_FILE) : null,
    tookMs: (systemClock.monotonicUs() - startedUs) / 1000,
  };
  output.item({ event: 'ready', ...facts }, () => upHeader(facts, output.colors).join('\n'));
  return api;
}

/** What agents may call this machine by. */
function namesOfFleet(host: string): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((ones) => ones ?? []).filter(({ scopeid }) => !scopeid).map(({ address }) => address);
  const isWild = host === '0.0.0.0' || host === '::';
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...(isWild ? addresses : [host])])];
}

/** Ports asked for are tried before anything is started, so that one that is taken is told by its setting. */
async function ownPorts({ coordinator: { http, fleet } }: UpConfig): Promise<{ http: number; fleet: number }> {
  const usable = async ({ host, port }: { host: string; port: number }, variable: string, what: string): Promise<number> => {
    if (port === 0) return freePort(host);
    const problem = await listenProblem(host, port);
    if (problem === null) return port;
    const reason = problem === 'EADDRINUSE' ? 'is already taken' : problem === 'EACCES' ? 'may not be used by this user' : `cannot be used (${problem})`;
    const other = await nearbyPort(host, port, [http.port, fleet.port]);
    throw new CliProblem(EXIT.usage, `port ${port} on ${host}, for ${what}, ${reason}. Choose another one: ${variable}=${other} npm start`);
  };
  return {
    http: await usable(http, 'SONDE_HTTP_PORT', 'the API'),
    fleet: await usable(fleet, 'SONDE_FLEET_PORT', 'the agents'),
  };
}

async function startDatabase(config: UpConfig, dataDir: string, steps: UpSteps, news: (sentence: string) => void): Promise<{ url: string; shown: string }> {
  if (config.databaseUrl !== null) {
    const at = postgresTarget(config.databaseUrl);
    return { url: config.databaseUrl, shown: at === null ? 'the one in DATABASE_URL' : `${at.host}:${at.port} (DATABASE_URL)` };
  }
  const log = { info: news, warn: news } as unknown as Pick<Log, 'info' | 'warn'>;
  const postgres = await steps.step('starting Postgres', () => startEmbeddedPostgres({ dataDir, log }), ({ port }) => `Postgres on port ${port}`);
  steps.onEnd('stopping Postgres', () => postgres.stop());
  return { url: postgres.url, shown: `127.0.0.1:${postgres.port} (its own)` };
}

function agentEnv(of: { config: UpConfig; dataDir: string; location: string; fleetPort: number; key: string; caPath: string | null }): Environment {
  const { host } = of.config.coordinator.fleet;
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return {
    SONDE_COORDINATOR: `${reached.includes(':') ? `[${reached}]` : reached}:${of.fleetPort}`,
    SONDE_LOCATION_KEY: of.key,
    SONDE_AGENT_NAME: of.location,
    SONDE_DATA_DIR: join(of.dataDir, 'agents', of.location),
    SONDE_AGENT_HTTP_PORT: '0',
    SONDE_EGRESS_ALLOW: of.config.egressAllow,
    ...(of.caPath === null ? {} : { SONDE_FLEET_TLS_CA: of.caPath, SONDE_FLEET_PLAINTEXT: undefined }),
    // The coordinator is on this very machine.
    SONDE_PROXY: undefined,
    // An agent has no business with either.
    SONDE_API_KEY: undefined, DATABASE_URL: undefined, SONDE_MASTER_KEY: undefined,
  };
}

