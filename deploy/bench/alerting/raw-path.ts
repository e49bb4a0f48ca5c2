import { Client } from 'pg';
import { pause } from '../../e2e/testing/eventually.ts';

/**
 * The least that an alert can be: a row is committed with a NOTIFY, and whoever listens posts it to the sink. One at a
 * time, beside everything else, on the same Postgres.
 */
export async function runRawPath(databaseUrl: string, sinkUrl: string, { everyMs, signal }: { readonly everyMs: number; readonly signal: AbortSignal }): Promise<readonly number[]> {
  const [writer, listener] = [new Client({ connectionString: databaseUrl }), new Client({ connectionString: databaseUrl })];
  await Promise.all([writer.connect(), listener.connect()]);
  const arrivals = new Map<number, number>();
  try {
    await writer.query('create table raw_path (id integer primary key)');
    await listener.query('listen raw_path');
    listener.on('notification', ({ payload }) => {
      fetch(sinkUrl, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
        .then((answer) => { arrivals.set(Number(payload), Number(answer.headers.get('arrived-at'))); return answer.arrayBuffer(); })
        .catch(() => {}); // One that did not arrive is missing from the sample, and the sample says its size.
    });
    for (let id = 1; !signal.aborted; id += 1) {
      await writer.query('begin');
      await writer.query('insert into raw_path values ($1)', [id]);
      await writer.query(`select pg_notify('raw_path', $1)`, [String(id)]);
      await writer.query('commit');
      await pause(everyMs);
    }
    const { rows } = await writer.query<{ id: number; at: number }>('select id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as at from raw_path');
    return rows.flatMap(({ id, at }) => { const arrivedMs = arrivals.get(id); return arrivedMs === undefined ? [] : [arrivedMs - at]; });
  } finally {
    await Promise.all([writer.end(), listener.end()]);
  }
}
