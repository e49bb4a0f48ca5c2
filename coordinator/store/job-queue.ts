/** Graphile Worker on Postgres: when to look at a delivery. Its tables are in a schema of its own. */
import { Logger, run, runMigrations } from 'graphile-worker';
import { Pool } from 'pg';
import { connectionConfig, type ConnectOptions, type StoreLog } from './connect.ts';

/** One listens, the others fetch and finish jobs. */
const CONNECTIONS_MAX = 3;
/** Any number: migrators that start together make the tables one after the other. */
const QUEUE_LOCK = 5_068_132;

/** Values look as the library expects them, not as in the rest of the store. */
export function connectJobPool(options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'>): Pool {
  const { types: _ours, ...config } = connectionConfig(options);
  const pool = new Pool({ ...config, max: CONNECTIONS_MAX, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) => options.log.warn({ error: error.message }, 'an idle connection to Postgres was lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Brings the queue's own tables up to date. Throws what Postgres said. */
export async function migrateJobQueue(pool: Pool, log: StoreLog): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
    await runMigrations({ pgPool: pool, logger: jobLogger(log) });
  } finally {
    await client.query('select pg_advisory_unlock($1)', [QUEUE_LOCK]).catch(() => undefined);
    client.release();
  }
}

/** What the library says, in our log; each job's start and end is of no interest. */
export function jobLogger(log: StoreLog): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log.warn({ queue: message.slice(0, 500) }, 'the queue of deliveries had trouble');
  });
}

export const DELIVER_TASK = 'deliver-notice';
/** Of the queue's look for jobs whose time has come; new ones are notified. */
const POLL_EVERY_MS = 1_000;
/** A runner that ended by itself is started anew after this long. */
const RESTART_AFTER_MS = 2_000;

/** Works on the queue until `signal` aborts; again and again, if the library gives up. Never throws. */
export async function runJobs(
  pool: Pool, deliver: (id: string) => Promise<void>, { concurrency, signal, log }: { readonly concurrency: number; readonly signal: AbortSignal; readonly log: StoreLog },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const runner = await run({
        pgPool: pool, concurrency, pollInterval: POLL_EVERY_MS, noHandleSignals: true, parsedCronItems: [], logger: jobLogger(log), gracefulShutdownAbortTimeout: 3_000,
        taskList: { [DELIVER_TASK]: (payload) => deliver((payload as { deliveryId: string }).deliveryId) },
      });
      const stop = (): void => { runner.stop().catch(() => undefined); };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      await runner.promise.finally(() => signal.removeEventListener('abort', stop));
    } catch (error) {
      if (!signal.aborted) log.warn({ error: (error as Error).message }, 'the queue of deliveries broke off; starting it again');
    }
    if (!signal.aborted) await new Promise((resolve) => { setTimeout(resolve, RESTART_AFTER_MS).unref(); });
  }
}
