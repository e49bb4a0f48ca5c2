/** A backup of an installation: every table by binary COPY, as all of them were at one moment. The embedded server brings no pg_dump. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { VERSION } from '#shared/version.ts';
import { connectionConfig } from '../connect.ts';
import { DatabaseError, toDatabaseError } from '../database-error.ts';
import { FORMAT, MANIFEST_FILE, type BackedUpTable, type Manifest } from './manifest.ts';

export type BackupProgress = (doing: { readonly table: string; readonly number: number; readonly of: number }) => void;

/** Of the migrator and of coordinators that run: not a part of what is kept. */
const NOT_KEPT = `relname not like 'kysely%'`;

/** Writes into `dir`, which must be empty or not exist; the manifest comes last, so that half a backup is none. Throws a sentence. */
export async function backUp(databaseUrl: string, dir: string, onProgress: BackupProgress = () => {}): Promise<Manifest> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await readdir(dir)).length > 0) throw new DatabaseError(`${dir} is not empty; give a new directory for each backup`);
  const client = new Client(connectionConfig({ databaseUrl, applicationName: 'sonde backup' }));
  client.on('error', () => {}); // What fails for it rejects the query under way.
  await client.connect().catch((cause: unknown) => { throw toDatabaseError(databaseUrl, cause); });
  try {
    await client.query(`begin isolation level repeatable read read only; set local lock_timeout = '30s'; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`);
    const head = await headOf(client);
    const found = await tablesOf(client);
    const tables: BackedUpTable[] = [];
    for (const [index, table] of found.entries()) {
      onProgress({ table: table.name, number: index + 1, of: found.length });
      tables.push(await copyOut(client, dir, table));
    }
    const manifest: Manifest = { format: FORMAT, version: VERSION, ...head, tables, sequences: await sequencesOf(client) };
    await client.query('commit');
    await writeFile(join(dir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    return manifest;
  } finally {
    await client.end().catch(() => {});
  }
}

async function headOf(client: Client): Promise<Pick<Manifest, 'postgresVersion' | 'migrations' | 'takenAt' | 'settledBefore'>> {
  const { rows: [there] } = await client.query<{ is: boolean }>(`select to_regclass('kysely_migration') is not null and to_regclass('closing_state') is not null as is`);
  if (!there?.is) throw new DatabaseError('this database has no installation in it; check DATABASE_URL');
  const { rows: migrations } = await client.query<{ name: string }>('select name from kysely_migration order by name');
  // The snapshot is taken by the first query: nothing later than `now()` is in it.
  const { rows: [at] } = await client.query<{ now: number; closed: number; version: string }>(
    `select now() as now, (select closed_through from closing_state) as closed, current_setting('server_version') as version`);
  return {
    postgresVersion: at!.version, migrations: migrations.map(({ name }) => name),
    takenAt: new Date(at!.now).toISOString(), settledBefore: new Date(Math.min(at!.closed, at!.now)).toISOString(),
  };
}

type FoundTable = Pick<BackedUpTable, 'name' | 'parent' | 'columns'>;

/** Tables that hold rows: a partitioned one by its pieces. */
async function tablesOf(client: Client): Promise<readonly FoundTable[]> {
  const { rows } = await client.query<FoundTable>(`
    select relname as name, (select p.relname from pg_inherits join pg_class p on p.oid = inhparent where inhrelid = c.oid)::text as parent,
      array(select attname::text from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns
    from pg_class c where relnamespace = 'public'::regnamespace and relkind = 'r' and ${NOT_KEPT} order by relname`);
  return rows;
}

async function copyOut(client: Client, dir: string, table: FoundTable): Promise<BackedUpTable> {
  const file = `${table.name}.copy.gz`;
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const source = client.query(copyTo(`copy ${client.escapeIdentifier(table.name)} (${table.columns.map((name) => client.escapeIdentifier(name)).join(', ')}) to stdout (format binary)`));
  await pipeline(source, createGzip({ level: 1 }), measured, createWriteStream(join(dir, file), { mode: 0o600, flags: 'wx' }));
  return { ...table, rows: source.rowCount ?? 0, bytes, file, sha256: hash.digest('hex') };
}

/** What identity columns count on from: read in no snapshot, so it may be ahead of the rows, which does no harm. */
async function sequencesOf(client: Client): Promise<Manifest['sequences']> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(`
    select c.relname as table, a.attname as column, pg_get_serial_sequence(format('%I', c.relname), a.attname) as sequence
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attidentity <> '' and ${NOT_KEPT} order by 1, 2`);
  const sequences: Manifest['sequences'] = [];
  for (const { table, column, sequence } of rows) {
    const { rows: [at] } = await client.query<{ next: number }>(`select (last_value + case when is_called then 1 else 0 end)::bigint as next from ${sequence}`);
    sequences.push({ table, column, next: at!.next });
  }
  return sequences;
}
