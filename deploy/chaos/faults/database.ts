/** Faults of the database that leave it running. */
import { Client } from 'pg';
import { pause } from '../../e2e/testing/eventually.ts';
import { DidNotFire, type Fault } from '../fault.ts';
import type { Lab } from '../lab.ts';

export const lockedTable: Fault = {
  id: 'F9', name: 'results locked for 15 s',
  async strike(lab) {
    return asSuperuser(lab, 'sonde', async (client) => {
      await client.query('begin; lock table results in access exclusive mode');
      await pause(15_000);
      const { rows } = await client.query<{ n: string }>(`select count(*) as n from pg_locks where not granted and relation = 'results'::regclass`);
      await client.query('commit');
      if (Number(rows[0]?.n) === 0) throw new DidNotFire('nobody waited for the lock');
      return `${rows[0]!.n} waited`;
    });
  },
};

export const refusedConnections: Fault = {
  id: 'F10', name: 'the database takes no connections and ends those it has',
  async strike(lab) {
    return asSuperuser(lab, 'postgres', async (client) => {
      await client.query('alter database sonde with allow_connections false');
      try {
        const { rowCount } = await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sonde'`);
        await pause(6_000);
        if (!rowCount) throw new DidNotFire('there was no connection to end');
        return `${rowCount} connections ended, 6 s`;
      } finally {
        await client.query('alter database sonde with allow_connections true');
      }
    });
  },
};

export const readOnlyDatabase: Fault = {
  id: 'F10', name: 'the database only reads',
  async strike(lab) {
    return asSuperuser(lab, 'postgres', async (client) => {
      await client.query('alter database sonde set default_transaction_read_only = on');
      try {
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sonde'`);
        const refused = await firstRefusal(lab);
        await pause(6_000);
        if (!refused) throw new DidNotFire('a write went through');
        return 'writes were refused for 6 s';
      } finally {
        await client.query('alter database sonde reset default_transaction_read_only');
        await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sonde'`);
      }
    });
  },
};

async function firstRefusal(lab: Lab): Promise<boolean> {
  const client = new Client({ connectionString: lab.postgres.url });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('update config_state set revision = revision');
    return false;
  } catch (error) {
    return (error as { code?: string }).code === '25006';
  } finally {
    await client.end().catch(() => {});
  }
}

export async function asSuperuser<T>(lab: Lab, database: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: lab.postgres.superUrl.replace(/\/postgres$/, `/${database}`) });
  client.on('error', () => {}); // What fails rejects the query under way.
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
