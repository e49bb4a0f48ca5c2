/** Connections to Postgres, and how its values look here. */
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types, type PoolClient, type PoolConfig } from 'pg';
import type { Log } from '#shared/log.ts';
import type { Database } from './schema.ts';

export type StoreLog = Pick<Log, 'info' | 'warn'>;
export type Db = Kysely<Database>;

export type ConnectOptions = {
  readonly databaseUrl: string;
  readonly applicationName: string;
  /** At most this many connections. */
  readonly connectionsMax: number;
  readonly statementTimeoutMs: number;
  readonly log: StoreLog;
};

/** A server that does not answer within this is away. Waiting for a free connection counts. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A young connection answers slowly: its server process knows no table yet, and has none of the shared buffers mapped. */
const IDLE_TIMEOUT_MS = 600_000;

export function connectPool(options: ConnectOptions): Pool {
  const pool = new Pool({
    ...connectionConfig(options),
    max: options.connectionsMax,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: options.statementTimeoutMs,
    // A client that hangs with a transaction open would keep its locks.
    idle_in_transaction_session_timeout: 60_000,
  });
  // Without a listener, a connection that is cut ends the process: an idle one, and one between two queries of a
  // transaction, which the pool does not listen to. The next query fails or gets another connection.
  pool.on('error', (error) => options.log.warn({ error: error.message }, 'an idle connection to Postgres was lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

export function connectKysely(pool: Pool): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}

export function connectionConfig(options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName'>): PoolConfig {
  return {
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: '-c timezone=UTC',
    types: { getTypeParser: ((oid: number, format?: 'text' | 'binary') => PARSERS[oid] ?? types.getTypeParser(oid, format)) as typeof types.getTypeParser },
  };
}

/** bigint columns hold µs, bytes and revisions, all below 2^53; instants become ms since the epoch, µs as decimals. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [types.builtins.INT8]: Number,
  [types.builtins.TIMESTAMPTZ]: parseInstantMs,
};

/** `2026-11-22 07:34:52.973123+00`; the session's time zone is UTC. */
export function parseInstantMs(text: string): number {
  const zoneAt = text.lastIndexOf('+');
  const wholeMs = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
  const fraction = text.slice(20, zoneAt < 0 ? undefined : zoneAt);
  return fraction === '' ? wholeMs : wholeMs + Number(fraction) * 10 ** (3 - fraction.length);
}

/** One transaction on one client; rolled back when `work` throws. A client whose connection broke is not used again. */
export async function inTransaction<T>(pool: Pool, begin: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => { broken = error; };
  client.on('error', onError);
  try {
    await client.query(begin);
    const result = await work(client);
    // Postgres answers a commit of what had failed without an error.
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error('a statement of the transaction had failed unnoticed: nothing of it was committed');
    return result;
  } catch (cause) {
    await client.query('rollback').catch((error: Error) => { broken = error; });
    throw cause;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
