import { sql, type Transaction } from 'kysely';
import { HINT_CHANNELS } from './config-hints.ts';
import type { Database } from './schema.ts';

/**
 * Counts the config's revision up. The row stays locked until the transaction ends, so revisions commit in their
 * order, and whoever reads revision n has everything up to n. Call it before looking at the clock or the config.
 */
export async function bumpConfigRevision(trx: Transaction<Database>): Promise<number> {
  const { revision } = await trx.updateTable('config_state')
    .set((eb) => ({ revision: eb('revision', '+', 1) })).returning('revision').executeTakeFirstOrThrow();
  await sql`select pg_notify(${HINT_CHANNELS.config}, ${String(revision)})`.execute(trx);
  return revision;
}

/**
 * Postgres' clock, ms, plus what a commit may still take: with the lead time of an epoch added, the epoch begins
 * after it is known (rules.md 2).
 */
export async function commitInstantMs(trx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ now: number }>`select clock_timestamp() as now`.execute(trx);
  return rows[0]!.now + COMMIT_TAKES_MS;
}

const COMMIT_TAKES_MS = 200;
