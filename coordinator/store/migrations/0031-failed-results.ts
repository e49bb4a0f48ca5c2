import { sql, type Kysely } from 'kysely';

/** Failures are few, and what people look for: without it, the newest of a check that seldom fails are found by going through everything it ever did. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index results_failed on results (account_id, check_id, due_at desc, run_id desc, attempt desc) where outcome = 'failed'`.execute(db);
}
