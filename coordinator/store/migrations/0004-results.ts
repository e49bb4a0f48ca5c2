import { sql, type Kysely } from 'kysely';

/**
 * What became of every run, by day of `due_at`; the days are made by `ensurePartitions`. Without foreign keys: a
 * row is admitted only for what was owed (rules.md 9), and outlives nothing that matters to it. Codes are text, to
 * be read in any client. Times in whole µs; `started_at` to the µs.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table results (
      account_id uuid not null,
      due_at timestamptz not null,
      run_id uuid not null,
      check_id uuid not null,
      location_owed uuid not null,
      location_executed uuid not null,
      agent_id uuid not null,
      started_at timestamptz not null,
      received_at timestamptz not null default now(),
      lateness_us bigint not null,
      clock_offset_us bigint not null,
      clock_error_us bigint not null,
      bytes_received bigint not null,
      check_revision integer not null,
      dns_us integer not null,
      connect_us integer not null,
      tls_us integer not null,
      send_us integer not null,
      first_byte_us integer not null,
      data_us integer not null,
      total_us integer not null,
      idle_us integer not null,
      bytes_sent integer not null,
      uncertainty_us integer not null,
      loop_delay_us integer not null,
      attempt smallint not null,
      syn_retransmits smallint,
      failure_step smallint,
      is_final boolean not null,
      is_surplus boolean not null,
      over_max_response_time boolean not null,
      established boolean not null,
      trigger text not null,
      outcome text not null,
      stop_reason text not null,
      clock text not null,
      failure_phase text,
      failure_code text,
      failure_message text,
      remote_address text,
      local_address text,
      response bytea,
      assertions json,
      details json,
      primary key (account_id, due_at, run_id, attempt)
    ) partition by range (due_at);
    create index results_by_check on results (account_id, check_id, due_at desc, run_id desc, attempt desc);
    comment on column results.assertions is 'judged assertions, in the order of the check; null: none';
    comment on column results.details is 'resolved addresses, TLS, steps, captures, and the report''s own failure where it is another; null: only the remote address';

    create table gaps (
      account_id uuid not null,
      due_at timestamptz not null,
      run_id uuid not null,
      check_id uuid not null,
      location_owed uuid not null,
      agent_id uuid,
      reason text not null,
      recorded_at timestamptz not null default now(),
      primary key (account_id, due_at, run_id)
    ) partition by range (due_at);
    create index gaps_by_check on gaps (account_id, check_id, due_at desc);
  `.execute(db);
}
