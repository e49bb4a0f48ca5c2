/** Leases: who may do what only one coordinator should. In Postgres' time alone; nobody's own clock counts. */
import { sql, type Transaction } from 'kysely';
import type { Lease, LeaseStore } from '../pipeline/closing-port.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

export function leaseStore(db: Db): LeaseStore {
  return {
    async acquireLease(name, holder, ttlMs) {
      // Each `clock_timestamp()` is read after the row's lock was waited for.
      const { rows: [row] } = await sql<{ token: number; now: number }>`
        insert into leases as l (name, holder, token, expires_at)
        values (${name}, ${holder}, 1, clock_timestamp() + ${ttlMs} * interval '1 millisecond')
        on conflict (name) do update set
          holder = excluded.holder,
          token = l.token + case when l.holder = excluded.holder and l.expires_at > clock_timestamp() then 0 else 1 end,
          expires_at = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
        where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
        returning token, clock_timestamp() as now`.execute(db);
      return row ? { name, holder, token: row.token, ttlMs, nowMs: row.now } : null;
    },

    async releaseLease({ name, token }) {
      await sql`update leases set expires_at = clock_timestamp() where name = ${name} and token = ${token} and expires_at > clock_timestamp()`.execute(db);
    },
  };
}

/** True while the lease is the newest of its name and runs; for the `where` of what only its holder may write. */
export function isCurrent({ name, token }: Lease) {
  return sql<boolean>`exists (select from leases where name = ${name} and token = ${token} and expires_at > clock_timestamp() for share)`;
}

/** True while the lease runs, and then nobody else can take it before this transaction ends: the fence of a writer that may have slept. */
export async function holds(trx: Transaction<Database>, { name, token }: Lease): Promise<boolean> {
  const { rows } = await sql`select from leases where name = ${name} and token = ${token} and expires_at > clock_timestamp() for share`.execute(trx);
  return rows.length > 0;
}
