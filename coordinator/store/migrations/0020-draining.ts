import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/** An agent that somebody takes out of work before its machine is stopped. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table agents add column draining_since timestamptz;
    comment on column agents.draining_since is 'null: it takes its share of the work; else it has only what nobody else in its location can run';
    grant update (draining_since) on agents to ${sql.ref(TENANT_ROLE)};
  `.execute(db);
}
