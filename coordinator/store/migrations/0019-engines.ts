import { sql, type Kysely } from 'kysely';

/** What times an agent's sockets, as it said in its last heartbeat. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      add column engine text check (engine in ('kernel', 'plain')),
      add column engine_reason text not null default '';
    comment on column sessions.engine is 'null: the agent does not tell';
    comment on column sessions.engine_reason is 'why it is not the kernel-timed engine; empty where it is';
  `.execute(db);
}
