import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';
import { keepToOwnRows } from './own-rows.ts';

/**
 * What delivery keeps besides. The row of a delivery is the truth about it; the job in the queue only says when to
 * look. `attempting_since` is the mark of whoever sends it just now, and `attempts` its fencing number.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table notice_deliveries
      add column alert_id uuid,
      add column alert_config json not null default '{}',
      add column due_at timestamptz not null default now(),
      add column attempting_since timestamptz,
      add column has_slot boolean not null default false,
      add column is_rate_limited boolean not null default false,
      add column attempts_before integer not null default 0;
    comment on column notice_deliveries.attempts_before is 'those before it was sent again by hand';
    comment on column notice_deliveries.has_slot is 'its turn within the rate of its channel is booked: due_at';
    comment on column notice_deliveries.alert_config is 'the channel as it was, without secrets';
    create index notice_deliveries_due on notice_deliveries (due_at) where state = 'pending';
    create index notice_deliveries_by_alert on notice_deliveries (account_id, alert_id, channel_id) where alert_id is not null;

    create table channel_health (
      account_id uuid not null,
      channel_id integer not null,
      failures_in_row integer not null default 0,
      failing_since timestamptz,
      told_at timestamptz,
      next_slot_at timestamptz not null default '-infinity',
      primary key (account_id, channel_id),
      foreign key (account_id, channel_id) references alert_channels (account_id, id) on delete cascade
    );
    comment on column channel_health.next_slot_at is 'generic cell rate: when the next message would be due if they came evenly';

    -- As its owner, so that one account's transaction can queue its delivery without seeing the queue of all.
    create function queue_delivery(delivery uuid, at timestamptz) returns void language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      perform graphile_worker.add_job('deliver-notice', json_build_object('deliveryId', delivery), run_at => at, job_key => delivery::text);
    end $$;
    revoke all on function queue_delivery(uuid, timestamptz) from public;
    grant execute on function queue_delivery(uuid, timestamptz) to ${sql.ref(TENANT_ROLE)};
  `.execute(db);
  await keepToOwnRows(db, [['channel_health', 'select']]);
}
