import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';
import { keepToOwnRows } from './own-rows.ts';

/**
 * How checks stand, what was told of them, and what wants judging. Marks are appended and never updated, so that
 * whoever commits results waits for no judge, and no judge for them (rules.md 19). Whatever else changes how a check is judged marks it,
 * too: by triggers, so that no writer can forget.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const role = sql.ref(TENANT_ROLE);
  await sql`
    create table check_states (
      account_id uuid not null,
      check_id uuid not null unique,
      status text not null default 'noData' check (status in ('passing', 'degraded', 'failing', 'noData')),
      since_at timestamptz,
      judged_through timestamptz,
      head json,
      base json,
      base_through timestamptz,
      checkpoints json not null default '[]',
      slots_folded bigint not null default 0,
      told json,
      confirmations json not null default '[]',
      retries json not null default '[]',
      is_history_pending boolean not null default false,
      next_look_at timestamptz default now(),
      updated_at timestamptz not null default now(),
      primary key (account_id, check_id),
      foreign key (account_id, check_id) references checks (account_id, id)
    ) with (fillfactor = 50);
    create index check_states_by_look on check_states (next_look_at) where next_look_at is not null;
    comment on column check_states.head is 'after the last decided slot; base: after the last slot of which nothing more is expected';

    create table judge_marks (
      id bigint generated always as identity primary key,
      account_id uuid not null,
      check_id uuid not null,
      first_due_at timestamptz,
      is_history boolean not null default false,
      marked_at timestamptz not null default clock_timestamp()
    );
    create index judge_marks_by_check on judge_marks (check_id);
    create index judge_marks_of_now on judge_marks (id) where not is_history;
    create index judge_marks_of_history on judge_marks (check_id, marked_at) where is_history;
    comment on column judge_marks.is_history is 'its slot lies far behind what is judged: it waits until no more of the kind comes, since the judge goes through everything after it again';
    comment on column judge_marks.first_due_at is 'the oldest slot of which a row came; null: something else changed';

    create table alerts (
      account_id uuid not null,
      id uuid not null unique,
      check_id uuid not null,
      kind text not null check (kind in ('failure', 'degraded', 'no_data')),
      since_at timestamptz,
      opened_at timestamptz not null,
      closed_at timestamptz,
      ending text,
      resolved_by text,
      acknowledged_at timestamptz,
      acknowledged_by text,
      snoozed_until timestamptz,
      primary key (account_id, id),
      foreign key (account_id, check_id) references checks (account_id, id)
    );
    create index alerts_by_check on alerts (account_id, check_id, opened_at desc);
    create index alerts_open on alerts (account_id, opened_at desc) where closed_at is null;
    comment on column alerts.ending is 'why it ended: recovered, resolved (by hand), muted, deactivated, deleted; null: it is open';

    create table location_outages (
      account_id uuid not null references accounts (id),
      id uuid not null unique,
      location_id uuid not null references locations (id),
      kind text not null check (kind in ('empty', 'cut_off')),
      from_at timestamptz not null,
      told_at timestamptz not null,
      ended_at timestamptz,
      primary key (account_id, id)
    );
    create unique index location_outages_open on location_outages (account_id, location_id) where ended_at is null;
  `.execute(db);

  // As their owner: an account's transaction marks its own checks without seeing the marks.
  await sql`
    create function mark_check() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into check_states (account_id, check_id) values (new.account_id, new.id) on conflict do nothing;
      insert into judge_marks (account_id, check_id) values (new.account_id, new.id);
      perform pg_notify('sonde_judge', '');
      return null;
    end $$;
    create trigger mark_check after insert or update on checks for each row execute function mark_check();

    create function mark_checks_of_account() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into judge_marks (account_id, check_id)
        select account_id, id from checks where account_id = coalesce(new.account_id, old.account_id) and deleted_at is null;
      perform pg_notify('sonde_judge', '');
      return null;
    end $$;
    create trigger mark_checks after insert or update or delete on maintenance_windows for each row execute function mark_checks_of_account();
    create trigger mark_checks after insert or update on account_settings for each row execute function mark_checks_of_account();

    create function mark_checks_of_group() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into judge_marks (account_id, check_id)
        select account_id, id from checks where account_id = new.account_id and group_id = new.id and deleted_at is null;
      perform pg_notify('sonde_judge', '');
      return null;
    end $$;
    create trigger mark_checks after update on check_groups for each row execute function mark_checks_of_group();

    -- What a person says about an alert, and nothing that the judge itself writes.
    create function mark_check_of_alert() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into judge_marks (account_id, check_id) values (new.account_id, new.check_id);
      perform pg_notify('sonde_judge', '');
      return null;
    end $$;
    create trigger mark_check after update on alerts for each row
      when (new.acknowledged_at is distinct from old.acknowledged_at or new.snoozed_until is distinct from old.snoozed_until or new.resolved_by is distinct from old.resolved_by)
      execute function mark_check_of_alert();

    -- What an agent saw is a verdict or none by its windows: they are judged anew from where one begins.
    create function mark_checks_of_location() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into judge_marks (account_id, check_id, first_due_at)
        select checks.account_id, checks.id, new.from_at from checks
        where deleted_at is null and exists (select from schedule_epochs e
          where e.account_id = checks.account_id and e.check_id = checks.id and new.location_id = any(e.location_order));
      perform pg_notify('sonde_judge', '');
      return null;
    end $$;
    create trigger mark_checks after insert or update on impaired_windows for each row execute function mark_checks_of_location();
    revoke all on function mark_check(), mark_checks_of_account(), mark_checks_of_group(), mark_check_of_alert(), mark_checks_of_location() from public;

    insert into check_states (account_id, check_id) select account_id, id from checks;
  `.execute(db);

  await keepToOwnRows(db, OWN_ROWS);
  await sql`grant usage on sequence judge_marks_id_seq to ${role}`.execute(db);
}

const OWN_ROWS = [
  ['check_states', 'select, update'],
  ['judge_marks', 'select, insert'],
  ['alerts', 'select, update'],
  ['location_outages', 'select'],
] as const;
