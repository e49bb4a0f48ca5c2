import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import type { FastifyBaseLogger } from 'fastify';
import type { Log } from '#shared/log.ts';
import { isLoopbackHost } from '#shared/settings/values.ts';
import { watchLoopDelay } from '#shared/time/loop-delay.ts';
import { systemClock } from '#shared/time/clock.ts';
import { VERSION } from '#shared/version.ts';
import { authorityOf, type AgentDoor } from './api/agent-door.ts';
import { createApi } from './api/create-api.ts';
import { maskToken, tokenHasher } from './api/keys.ts';
import { listen } from './api/listen.ts';
import { SCOPES } from './api/scopes.ts';
import type { Reached } from './api/sign-in/session-cookie.ts';
import type { CoordinatorConfig } from './config.ts';
import { dashboardState, SITE_DIR } from './dashboard/dashboard-files.ts';
import { forgetSetupToken, offeredSetupToken } from './first-run.ts';
import { AccountEvents } from './events/account-events.ts';
import { noteJudged } from './events/note-judged.ts';
import { noteResults } from './events/note-results.ts';
import { FleetSide } from './fleet-side.ts';
import { keptApiKey, keptMasterKey } from './kept-secret.ts';
import { coordinatorMetrics } from './metrics.ts';
import { keptFacts } from './operator-facts.ts';
import { NoticeSide } from './notice-side.ts';
import { Janitor } from './pipeline/janitor.ts';
import { OutageWatch } from './pipeline/watch-outages.ts';
import { RollUp } from './pipeline/roll-up.ts';
import { UsageMeter } from './pipeline/meter-usage.ts';
import { keyRing } from './secrets/key-ring.ts';
import { openedSecrets, valuesByName } from './secrets/open-channel.ts';
import { Judge } from './pipeline/judge-runs.ts';
import { openFleetServer } from './sessions/fleet-server.ts';
import { openStore } from './store/open-store.ts';

export type RunningCoordinator = {
  readonly httpUrl: string;
  readonly fleetPort: number;
  /** Where its first owner sets it up, with the one-time token; null once there is one. */
  readonly setupUrl: string | null;
  stop(): Promise<void>;
};

/**
 * One coordinator: migrates its Postgres, reads the config, opens the door for agents, then the API. Whatever was
 * opened before something fails is closed again. `stop` tells agents to come back, and ends what is under way.
 */
export async function startCoordinator(config: CoordinatorConfig, log: Log & FastifyBaseLogger): Promise<RunningCoordinator> {
  const opened: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => { for (const close of opened.splice(0).reverse()) await close(); };
  try {
    return { ...await open(config, log, opened), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(config: CoordinatorConfig, log: Log & FastifyBaseLogger, opened: (() => Promise<void> | void)[]) {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const masterKey = config.masterKey ?? await keptMasterKey(config.dataDir);
  const apiKey = config.apiKey ?? await keptApiKey(config.dataDir);
  const hashToken = tokenHasher(masterKey.reveal());

  // The master key opens as well: what it sealed before there was a ring stays readable.
  const sealer = keyRing([...config.masterKeys, masterKey]);
  const store = await openStore({ databaseUrl: config.databaseUrl.reveal(), applicationName: 'sonde coordinator', log, sealer, retentionRawDays: config.retention.raw });
  opened.push(() => store.close());
  const applied = await store.migrate();
  if (applied.length > 0) log.info({ applied }, 'database migrated');
  await store.ensurePartitions();
  await store.ensureFirstAccount({
    name: 'First account', keyHash: hashToken(apiKey.reveal()), keyPrefix: maskToken(apiKey.reveal()), scopes: SCOPES,
  });

  const events = new AccountEvents({ store, clock: systemClock, log });
  events.start();
  opened.push(() => events.stop());
  const fleet = new FleetSide({
    store, clock: systemClock, log, ids: randomUUID, hashKey: hashToken, signal: stopping.signal,
    publicWitnesses: config.publicWitnesses.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
    onIngested: (rows) => noteResults(events, rows), rawDays: config.retention.raw, keepPassingBodies: config.keepPassingBodies,
  });
  opened.push(() => fleet.settled());
  await fleet.start();
  const judge = new Judge({
    config: fleet.planner, store, clock: systemClock, log, ids: randomUUID, order: (order) => fleet.orderForJudge(order),
    onJudged: (judged) => noteJudged(events, judged),
  });
  opened.push(() => judge.settled());
  judge.start(stopping.signal);
  const outages = new OutageWatch({ config: fleet.planner, store, clock: systemClock, log, ids: randomUUID, holder: randomUUID() });
  opened.push(() => outages.settled());
  outages.start(stopping.signal);
  const rollUp = new RollUp({ store, clock: systemClock, log, holder: randomUUID() });
  opened.push(() => rollUp.settled());
  rollUp.start(stopping.signal);
  const janitor = new Janitor({ store, clock: systemClock, log, holder: randomUUID(), days: config.retention });
  opened.push(() => janitor.settled());
  janitor.start(stopping.signal);
  const meter = new UsageMeter({ store, clock: systemClock, log, holder: randomUUID(), defaultQuota: config.usage.defaultQuota });
  opened.push(() => meter.settled());
  meter.start(stopping.signal);
  let listeningUrl: string | null = null;
  const notices = new NoticeSide({
    store, clock: systemClock, log, ids: randomUUID, random: Math.random, settings: config.notices, publicUrl: () => config.http.publicUrl ?? listeningUrl,
    openSecrets: (channel) => openedSecrets(channel, sealer), readVariables: (accountId) => store.variablesFor(accountId, null).then(valuesByName),
  });
  opened.push(() => notices.settled());
  const door = await openFleetServer({
    host: config.fleet.host, port: config.fleet.port, reflection: config.fleet.reflection,
    tls: config.fleet.tls && { certFile: config.fleet.tls.certPath, keyFile: config.fleet.tls.keyPath, clientCaFile: config.fleet.tls.clientCaPath },
    onSession: (stream) => fleet.serveSession(stream),
    onResults: (stream) => fleet.serveResults(stream),
  });
  opened.push(async () => { stopping.abort(); fleet.goAway('the coordinator is stopping'); await door.close(); });

  const loopDelay = watchLoopDelay();
  opened.push(() => loopDelay.stop());
  const metrics = coordinatorMetrics(VERSION, () => ({
    sessions: fleet.registry.size, locations: fleet.planner.locations().length, configRevision: fleet.planner.revision,
    ingest: fleet.ingest.counts, ingestWaitingRows: fleet.ingest.waitingRows, gapsClosed: fleet.closer.closed,
    loopDelayP99Seconds: loopDelay.p99Us() / 1e6, deliveries: notices.delivery.counts, judge: judge.counts, judgedLastMs: judge.lastTurnMs,
  }), keptFacts(() => store.readOperatorFacts(), systemClock));
  if (config.otlpUrl !== null) {
    const { exportOtlp } = await import('./export-otlp.ts');
    opened.push(await exportOtlp(metrics, { url: config.otlpUrl, version: VERSION, instanceId: fleet.coordinatorId }));
  }
  const api = createApi({
    store, log, hashToken, clock: systemClock, ids: randomUUID, version: VERSION,
    shots: { run: (shot) => fleet.runShot(shot) }, channels: notices, demand: fleet.demand, agentDoor: agentDoor(config, door.port), usage: config.usage, retention: config.retention,
    metrics: () => metrics.metrics(),
    people: { store, reached: howReached(config.http), publicUrl: config.http.publicUrl, onSetUp: () => forgetSetupToken(config.dataDir), ...(config.oidc ? { oidc: config.oidc } : {}) },
    events,
    dashboard: { siteDir: SITE_DIR },
    health: async () => {
      // Anybody may read this: why and where is in the log, not here.
      const problems = await store.ping().then(() => [], () => ['the database does not answer']);
      return { isReady: problems.length === 0, problems };
    },
    ...(config.http.tls ? { tls: { cert: readFileSync(config.http.tls.certPath), key: readFileSync(config.http.tls.keyPath) } } : {}),
  });
  opened.push(() => api.close());
  const setupToken = await offeredSetupToken({ store, dataDir: config.dataDir, hashToken });
  const dashboard = dashboardState();
  if (dashboard !== 'built') log.warn({ dashboard }, dashboard === 'missing' ? 'the dashboard is not built: npm run build:web' : 'the dashboard is built from other sources than are here: npm run build:web');
  const { url } = await listen(api, config.http);
  listeningUrl = url;
  notices.start(stopping.signal);
  log.info({ httpUrl: url, fleetPort: door.port }, 'coordinator ready');
  return { httpUrl: url, fleetPort: door.port, setupUrl: setupToken === null ? null : `${config.http.publicUrl ?? url}/setup#token=${setupToken}` };
}

/** Where agents connect to. Behind a proxy of the API they are assumed to find the fleet port at the same name. */
function agentDoor({ http, fleet }: CoordinatorConfig, port: number): AgentDoor {
  return {
    host: http.publicUrl === null ? null : new URL(http.publicUrl).hostname, port,
    tls: fleet.tls === null ? 'none' : authorityOf(readFileSync(fleet.tls.certPath, 'utf8')),
  };
}

/** rules.md 32. */
function howReached({ tls, publicUrl, host, isPlaintextAllowed }: CoordinatorConfig['http']): Reached {
  if (tls !== null || publicUrl?.startsWith('https:')) return 'tls';
  return isLoopbackHost(host) || isPlaintextAllowed ? 'plain' : 'plain_refused';
}
