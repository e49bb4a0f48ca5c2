/** The same rows into an identical table of the same Postgres, without Sonde. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { COLUMN_NAMES, copyFile, type EncodedRow } from './encoded-rows.ts';

/** `clientUs`: this process's CPU while it sent. */
export type Baseline = { readonly rows: number; readonly elapsedMs: number; readonly clientUs: number };

const DAY_MS = 86_400_000;
const CHUNK_BYTES = 64 * 1024;

/** Columns, defaults, constraints, indexes and days as those of `results`. */
export async function makeIdenticalTable(pool: Pool, table: string, { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): Promise<void> {
  await pool.query(`create table ${table} (like results including all) partition by range (due_at)`);
  for (let day = Math.floor(fromMs / DAY_MS) * DAY_MS; day <= untilMs; day += DAY_MS) {
    const [from, to] = [new Date(day), new Date(day + DAY_MS)].map((at) => at.toISOString());
    await pool.query(`create table ${table}_${day / DAY_MS} partition of ${table} for values from ('${from}') to ('${to}')`);
  }
}

/** COPY … FROM STDIN BINARY over one connection, `rowsPerCommit` at a time; encoded beforehand, as a file of `\copy` is. */
export async function copyInto(pool: Pool, table: string, rows: readonly EncodedRow[], rowsPerCommit: number): Promise<Baseline> {
  const files = Array.from({ length: Math.ceil(rows.length / rowsPerCommit) }, (_, index) => copyFile(rows.slice(index * rowsPerCommit, (index + 1) * rowsPerCommit)));
  const client = await pool.connect();
  try {
    await client.query('select 1');
    const end = stopwatch();
    for (const file of files) {
      await pipeline(Readable.from(chunksOf(file), { objectMode: false }), client.query(copyFrom(`copy ${table} (${COLUMN_NAMES.join(', ')}) from stdin binary`)));
    }
    return { rows: rows.length, ...end() };
  } finally {
    client.release();
  }
}

/** Prepared single-row inserts, each its own commit, over some connections; stops when time or rows are up. */
export async function insertInto(
  pool: Pool, table: string, rows: readonly EncodedRow[], { connections, withinMs }: { readonly connections: number; readonly withinMs: number },
): Promise<Baseline> {
  const text = `insert into ${table} (${COLUMN_NAMES.join(', ')}) values (${COLUMN_NAMES.map((_, index) => `$${index + 1}`).join(', ')})`;
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  try {
    await Promise.all(clients.map((client) => client.query('select 1')));
    let next = 0;
    const [end, untilMs] = [stopwatch(), performance.now() + withinMs];
    await Promise.all(clients.map(async (client) => {
      while (next < rows.length && performance.now() < untilMs) {
        const values = rows[next] as (Buffer | null)[];
        next += 1;
        await client.query({ name: `insert-${table}`, text, values });
      }
    }));
    return { rows: next, ...end() };
  } finally {
    for (const client of clients) client.release();
  }
}

function stopwatch(): () => Omit<Baseline, 'rows'> {
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { elapsedMs: performance.now() - startedMs, clientUs: user + system };
  };
}

function* chunksOf(file: Buffer): Generator<Buffer> {
  for (let at = 0; at < file.length; at += CHUNK_BYTES) yield file.subarray(at, at + CHUNK_BYTES);
}
