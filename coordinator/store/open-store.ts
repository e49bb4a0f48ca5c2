/** The coordinator's door to Postgres: everything the API and the stages need of it. */
import { sql } from 'kysely';
import type { AlertStore } from '../api/alerts-port.ts';
import type { AnalyticsStore } from '../api/analytics-port.ts';
import type { CompletenessStore } from '../api/completeness-port.ts';
import type { ViewStore } from '../api/views-port.ts';
import type { DeliveryLogStore } from '../api/deliveries-port.ts';
import type { LocationUseStore } from '../api/location-use-port.ts';
import type { ApiStore } from '../api/ports.ts';
import type { PrometheusStore } from '../api/prometheus-port.ts';
import type { StatusPageStore } from '../api/status-page-port.ts';
import type { UsageStore } from '../api/usage-port.ts';
import type { UserStore } from '../api/users-port.ts';
import type { EventStore } from '../events/account-events.ts';
import type { ResourceStore } from '../api/resource-store.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import type { EnrolmentStore } from '../sessions/enrolment-port.ts';
import type { ClosingStore } from '../pipeline/closing-port.ts';
import type { OutageStore } from '../pipeline/outage-port.ts';
import type { JudgingStore } from '../pipeline/judging-port.ts';
import type { MeterStore } from '../pipeline/meter-port.ts';
import type { RetentionStore } from '../pipeline/retention-port.ts';
import type { RollupStore } from '../pipeline/rollup-port.ts';
import type { LivenessStore } from '../pipeline/liveness-port.ts';
import type { ShotRouteStore } from '../pipeline/shot-port.ts';
import type { DeliveryStore } from '../pipeline/delivery-port.ts';
import type { ImpairedStore } from '../pipeline/impaired-port.ts';
import type { IngestStore, PlanStore, SessionStore, ShotStore } from '../pipeline/ports.ts';
import { alertStore } from './alerts.ts';
import { analyticsStore } from './analytics.ts';
import type { AccountSettingsStore } from '../api/account-settings-port.ts';
import { accountSettingsStore } from './account-settings.ts';
import { agentStore } from './agents.ts';
import { apiKeyStore } from './api-keys.ts';
import { auditStore } from './audit-log.ts';
import { channelStore } from './channels.ts';
import { checkStore } from './checks.ts';
import { closingStore } from './closing.ts';
import { completenessStore } from './completeness.ts';
import { ConfigHints } from './config-hints.ts';
import { connectKysely, connectPool, type ConnectOptions, type StoreLog } from './connect.ts';
import { toDatabaseError } from './database-error.ts';
import { eventStore } from './events.ts';
import { enrolmentStore } from './enrolment.ts';
import { invitationStore } from './invitations.ts';
import { impairedStore } from './impaired.ts';
import { groupStore } from './groups.ts';
import { ingestStore } from './ingest.ts';
import { deliveryStore } from './deliveries.ts';
import { deliveryLogStore, type DeliveryChannels } from './delivery-log.ts';
import { connectJobPool, migrateJobQueue, runJobs } from './job-queue.ts';
import { judgingStore } from './judging.ts';
import { outageStore } from './outages.ts';
import { keyStore } from './keys.ts';
import { livenessStore } from './liveness.ts';
import { locationKeyStore } from './location-keys.ts';
import { leaseStore } from './leases.ts';
import { locationStore } from './locations.ts';
import { locationUseStore } from './location-use.ts';
import { migrate } from './migrations/migrate.ts';
import { DAY_MS, Partitions } from './partitions.ts';
import { planStore } from './plan.ts';
import { privateLocationStore } from './private-locations.ts';
import { resultStore } from './results.ts';
import { retentionStore } from './retention.ts';
import { rollupStore } from './rollups.ts';
import { NO_KEYS } from './no-keys.ts';
import { sealingStore } from './sealing.ts';
import { sessionStore } from './sessions.ts';
import { shotStore } from './shots.ts';
import { statusPageStore } from './status-pages.ts';
import { statusStore } from './statuses.ts';
import { oidcUserStore } from './oidc-users.ts';
import { operatorStore, type OperatorStore } from './operator-facts.ts';
import { accountFactsStore } from './account-facts.ts';
import { counterStore } from './counter-totals.ts';
import { usageStore } from './usage.ts';
import { userSessionStore } from './user-sessions.ts';
import { userStore } from './users.ts';
import { variableStore } from './variables.ts';
import { windowStore } from './windows.ts';
import { viewStore } from './views.ts';

export type StoreOptions = {
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly log: StoreLog;
  /** For secrets; left out: it can keep none. */
  readonly sealer?: Sealer;
  /** For the API and the stages; ingest has its own. */
  readonly connectionsMax?: number;
  /** How long results are kept; rollups of what is older stay as they are. */
  readonly retentionRawDays?: number;
};

export type Store = ApiStore & ViewStore & ResourceStore & PlanStore & IngestStore & SessionStore & LivenessStore & ShotStore & ShotRouteStore & EnrolmentStore & ClosingStore & CompletenessStore & ImpairedStore & RollupStore
  & AnalyticsStore & RetentionStore & UsageStore & PrometheusStore & OperatorStore & MeterStore & DeliveryStore & DeliveryLogStore & AlertStore & DeliveryChannels & UserStore & EventStore & LocationUseStore & StatusPageStore & AccountSettingsStore
  & JudgingStore & OutageStore & Pick<ReturnType<typeof keyStore>, 'ensureFirstAccount'> & Pick<ReturnType<typeof locationStore>, 'ensureLocations'> & {
    /** Brings the schema up to date; the names of what was applied. Throws `DatabaseError`. */
    migrate(): Promise<readonly string[]>;
    /** The days from yesterday to tomorrow, or others; ingest makes what it needs besides. */
    ensurePartitions(fromMs?: number, toMs?: number): Promise<void>;
    /** Resolves when Postgres answers; throws `DatabaseError`. For readiness. */
    ping(): Promise<void>;
    close(): Promise<void>;
  };

const CONNECTIONS_MAX = 8;
/** Two writers about double one (performance.md, Ingest); a third waits for the same disk. */
const INGEST_CONNECTIONS_MAX = 2;
const STATEMENT_TIMEOUT_MS = 15_000;
/** A lock held by others delays acknowledgements; giving up too early would only repeat the work. */
const INGEST_TIMEOUT_MS = 60_000;

/** Rows are kept this long unless the installation says otherwise. */
const RAW_DAYS = 30;

/** Connects once to see that it can. Throws `DatabaseError`, whose message is a sentence without secrets. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, applicationName, log, sealer = NO_KEYS } = options;
  const common: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'> = { databaseUrl, applicationName, log };
  const fail = (cause: unknown): never => { throw toDatabaseError(databaseUrl, cause); };
  if (!/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? '')) fail(null);

  const pool = connectPool({ ...common, connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  const ingestPool = connectPool({ ...common, connectionsMax: INGEST_CONNECTIONS_MAX, statementTimeoutMs: INGEST_TIMEOUT_MS });
  const jobPool = connectJobPool(common);
  const db = connectKysely(pool);
  const hints = new ConfigHints(common);
  const partitions = new Partitions(ingestPool);
  const ping = async (): Promise<void> => { await sql`select 1`.execute(db).catch(fail); };
  const close = async (): Promise<void> => { await Promise.all([hints.close(), db.destroy(), ingestPool.end(), jobPool.end()]); };

  try {
    await startedUp(() => sql`select 1`.execute(db), log).catch(fail);
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    ...checkStore(db), ...groupStore(db, sealer), ...channelStore(db, sealer), ...windowStore(db), ...variableStore(db, sealer), ...sealingStore(db, sealer),
     ...keyStore(db), ...locationStore(db), ...locationUseStore(db), ...statusPageStore(db), ...locationKeyStore(db), ...privateLocationStore(db), ...agentStore(db), ...enrolmentStore(db),
    ...judgingStore(db, hints), ...outageStore(db), ...resultStore(db), ...viewStore(db), ...statusStore(db),
    ...eventStore(db, hints), ...userStore(db), ...userSessionStore(db), ...invitationStore(db), ...oidcUserStore(db), ...apiKeyStore(db), ...auditStore(db),
    ...planStore(db, hints, sealer), ...ingestStore(ingestPool, partitions), ...sessionStore(db), ...livenessStore(db, hints), ...shotStore(db, hints, sealer),
    ...leaseStore(db), ...impairedStore(db), ...closingStore(db), ...completenessStore(db),
    ...deliveryStore(db), ...deliveryLogStore(db), ...alertStore(db), runDeliveryJobs: (deliver, { concurrency, signal }) => runJobs(jobPool, deliver, { concurrency, signal, log }),
    migrate: async () => {
      const applied = await migrate(db).catch(fail);
      await migrateJobQueue(jobPool, log).catch(fail);
      return applied;
    },
    ...retentionStore(pool, partitions), ...accountSettingsStore(db), ...analyticsStore(db), ...rollupStore({ pool, partitions, rawDays: options.retentionRawDays ?? RAW_DAYS }), ...operatorStore(db), ...accountFactsStore(db), ...counterStore(pool), ...usageStore({ db, pool, partitions, rawDays: options.retentionRawDays ?? RAW_DAYS }),
    ensurePartitions: (fromMs = Date.now() - DAY_MS, toMs = Date.now() + DAY_MS) => partitions.ensure(fromMs, toMs),
    ping,
    close,
  };
}

/** Postgres takes no connections yet, or no more. */
const CANNOT_CONNECT_NOW = '57P03';
/** After a crash it reads its log first; longer than this somebody should look. */
const STARTING_UP_MS_MAX = 60_000;
const LOOK_AGAIN_MS = 500;

/** Whoever is started together with its Postgres waits for it. */
async function startedUp(ask: () => Promise<unknown>, log: StoreLog): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    try {
      await ask();
      return;
    } catch (cause) {
      if ((cause as { code?: string }).code !== CANNOT_CONNECT_NOW || waitedMs >= STARTING_UP_MS_MAX) throw cause;
      if (waitedMs === 0) log.info({}, 'Postgres is starting up; waiting for it');
      await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
    }
  }
}
