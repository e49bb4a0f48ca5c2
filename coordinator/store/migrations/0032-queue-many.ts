import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/**
 * The jobs of many deliveries at once, by one statement and with one notification, which wakes as many workers: when
 * much goes down together, the judge holds the states of all these checks until the last of their jobs is stored.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- As its owner, like queue_delivery. Nothing is notified of nothing: the queue would reckon with a count of null.
    create function queue_deliveries(deliveries uuid[], at timestamptz) returns void language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      if cardinality(deliveries) > 0 then
        perform graphile_worker.add_jobs(array(
          select row('deliver-notice', json_build_object('deliveryId', id), null, at, null, id::text, null, null)::graphile_worker.job_spec from unnest(deliveries) as id
        ));
      end if;
    end $$;
    revoke all on function queue_deliveries(uuid[], timestamptz) from public;
    grant execute on function queue_deliveries(uuid[], timestamptz) to ${sql.ref(TENANT_ROLE)};
  `.execute(db);
}
