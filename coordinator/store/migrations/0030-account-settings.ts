import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/** An account says itself how long its results are kept, and whether its badges are for everybody. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    grant insert, update, delete on retention to ${sql.ref(TENANT_ROLE)};
    alter table account_settings add column public_badges boolean not null default false;
    comment on column account_settings.public_badges is 'true: whoever knows the id of a check may have its badge';
  `.execute(db);
}
