/**
 * Puts a backup back. All or nothing: the manifest, every checksum and the database are looked at first, then one
 * transaction loads everything, moves on what agents and coordinators count by, and marks the span of which results
 * may be lost, so that its slots end as `restored` (F29).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { connectionConfig, type StoreLog } from '../connect.ts';
import { DatabaseError, toDatabaseError } from '../database-error.ts';
import { openStore } from '../open-store.ts';
import { periodOf } from '../partitions.ts';
import type { BackupProgress } from './back-up.ts';
import { MANIFEST_FILE, parseManifest, type BackedUpTable, type Manifest } from './manifest.ts';
import { dependencyOrder, type Reference } from './table-order.ts';

export type RestoreOptions = {
  readonly databaseUrl: string;
  readonly dir: string;
  /** What is in the database is thrown away. */
  readonly isReplacing: boolean;
  readonly log: StoreLog;
  readonly onProgress?: BackupProgress;
};

export type Restored = { readonly manifest: Manifest; /** Of slots due in it results may be lost. */ readonly fromMs: number; readonly toMs: number; readonly requeuedDeliveries: number };

/** More sessions than an agent opens, and more changes than anybody makes, between a backup and its return. */
const GENERATIONS_AHEAD = 100_000;
const REVISIONS_AHEAD = 1_000_000;

/** Throws a sentence; then the database is as it was, but for migrations of an empty one. */
export async function restore({ databaseUrl, dir, isReplacing, log, onProgress = () => {} }: RestoreOptions): Promise<Restored> {
  const manifest = await checkedManifest(dir, onProgress);
  await prepare(databaseUrl, manifest, log);
  const client = new Client(connectionConfig({ databaseUrl, applicationName: 'sonde restore' }));
  client.on('error', () => {}); // What fails for it rejects the query under way.
  await client.connect().catch((cause: unknown) => { throw toDatabaseError(databaseUrl, cause); });
  try {
    await client.query(`begin; set local lock_timeout = '10s'; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`);
    await refuseUnsuitable(client, manifest, isReplacing);
    await load(client, dir, manifest, onProgress);
    const restored = await moveOn(client, manifest);
    await client.query('commit');
    return { manifest, ...restored };
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    throw cause;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Every file is there and is what was written. */
async function checkedManifest(dir: string, onProgress: BackupProgress): Promise<Manifest> {
  const path = join(dir, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DatabaseError(cause.code === 'ENOENT' ? `${dir} is no backup, or one that was broken off: it has no ${MANIFEST_FILE}` : `${path} cannot be read: ${cause.message}`, { cause });
  });
  const manifest = parseManifest(text, path);
  for (const [index, { name, file, sha256 }] of manifest.tables.entries()) {
    onProgress({ table: `${name} (checksum)`, number: index + 1, of: manifest.tables.length });
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(dir, file)), hash).catch((cause: Error) => { throw new DatabaseError(`${join(dir, file)} cannot be read: ${cause.message}`, { cause }); });
    if (hash.digest('hex') !== sha256) throw new DatabaseError(`${join(dir, file)} is not what was written: its checksum is another one; nothing was restored`);
  }
  return manifest;
}

/** The schema of this version, and the days the backup has rows of. */
async function prepare(databaseUrl: string, manifest: Manifest, log: StoreLog): Promise<void> {
  const store = await openStore({ databaseUrl, applicationName: 'sonde restore', log });
  try {
    await store.migrate();
    for (const { name } of manifest.tables) {
      const period = periodOf(name);
      if (period) await store.ensurePartitions(period.fromMs, period.fromMs);
    }
  } finally {
    await store.close();
  }
}

async function refuseUnsuitable(client: Client, manifest: Manifest, isReplacing: boolean): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select name from kysely_migration order by name');
  const here = rows.map(({ name }) => name);
  const differing = [...here.filter((name) => !manifest.migrations.includes(name)), ...manifest.migrations.filter((name) => !here.includes(name))];
  if (differing.length > 0) {
    throw new DatabaseError(`the backup is of version ${manifest.version} with another schema (${differing.join(', ')}); restore it with that version, then start this one, which brings it up to date`);
  }
  const { rows: others } = await client.query<{ application_name: string }>(
    `select application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'sonde coordinator%'`);
  if (others.length > 0) throw new DatabaseError('a coordinator is using this database; stop all of them first, agents may go on running');
  const { rows: [found] } = await client.query<{ accounts: number; checks: number; results: boolean }>(
    'select (select count(*) from accounts) as accounts, (select count(*) from checks) as checks, exists (select from results) as results');
  if (!isReplacing && (found!.accounts > 0 || found!.results)) {
    throw new DatabaseError(`the database is not empty: it has ${found!.accounts} accounts and ${found!.checks} checks; give an empty one, or --replace to throw away what is in it`);
  }
}

async function load(client: Client, dir: string, manifest: Manifest, onProgress: BackupProgress): Promise<void> {
  const name = (of: string): string => client.escapeIdentifier(of);
  const { rows: tables } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname not like 'kysely%'`);
  const { rows: references } = await client.query<Reference>(
    `select conrelid::regclass::text as table, confrelid::regclass::text as references from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`);
  const order = dependencyOrder(tables.map((table) => table.name), references);
  // What triggers would write is in the backup already, and a log that is only appended to begins anew.
  for (const table of order) await client.query(`alter table ${name(table)} disable trigger user`);
  await client.query(`truncate ${order.map(name).join(', ')}`);
  const rank = ({ name: of, parent }: BackedUpTable): number => order.indexOf(parent ?? of);
  const unknown = manifest.tables.filter((table) => rank(table) < 0);
  if (unknown.length > 0) throw new DatabaseError(`the backup has tables that this version does not know: ${unknown.map((table) => table.name).join(', ')}`);
  for (const [index, table] of manifest.tables.toSorted((a, b) => rank(a) - rank(b)).entries()) {
    onProgress({ table: table.name, number: index + 1, of: manifest.tables.length });
    const into = client.query(copyFrom(`copy ${name(table.name)} (${table.columns.map(name).join(', ')}) from stdin (format binary)`));
    await pipeline(createReadStream(join(dir, table.file)), createGunzip(), into);
    if (into.rowCount !== table.rows) throw new DatabaseError(`${table.file} has ${into.rowCount} rows, the manifest says ${table.rows}; nothing was restored`);
  }
  for (const { table, column, next } of manifest.sequences) await client.query('select setval(pg_get_serial_sequence($1, $2), $3, false)', [table, column, next]);
  for (const table of order) await client.query(`alter table ${name(table)} enable trigger user`);
}

/** What was counted since the backup was taken is counted past: nobody's number comes a second time. */
async function moveOn(client: Client, manifest: Manifest): Promise<Omit<Restored, 'manifest'>> {
  await client.query(`update agents set generation = generation + ${GENERATIONS_AHEAD}`);
  await client.query('update sessions set closed_at = clock_timestamp(), closed_by_coordinator = true where closed_at is null');
  await client.query('update coordinators set stopped_at = clock_timestamp() where stopped_at is null');
  await client.query('update leases set expires_at = clock_timestamp(), token = token + 1');
  await client.query(`update config_state set revision = revision + ${REVISIONS_AHEAD}`);
  const { rows: [span] } = await client.query<{ from_at: number; to_at: number }>(
    'insert into restores (from_at, to_at, taken_at) values ($1, clock_timestamp(), $2) returning from_at, to_at', [manifest.settledBefore, manifest.takenAt]);
  // Jobs are no part of a backup: what was still to be delivered is queued anew.
  await client.query(`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs where locked_at is null))`);
  const { rowCount } = await client.query(`select queue_delivery(id, greatest(due_at, now())) from notice_deliveries where state = 'pending'`);
  return { fromMs: span!.from_at, toMs: span!.to_at, requeuedDeliveries: rowCount ?? 0 };
}
