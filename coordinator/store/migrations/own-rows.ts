import { sql, type Kysely } from 'kysely';
import { TENANT_ROLE } from '../provision.ts';

/** The tenant role sees and changes, as far as its rights go, the rows of its own account alone (rules.md 35). */
export async function keepToOwnRows(db: Kysely<unknown>, tables: readonly (readonly [table: string, rights: string])[]): Promise<void> {
  const role = sql.ref(TENANT_ROLE);
  for (const [table, rights] of tables) {
    await sql`
      alter table ${sql.ref(table)} enable row level security;
      create policy own_account on ${sql.ref(table)} to ${role}
        using (account_id = (select current_account())) with check (account_id = (select current_account()));
      grant ${sql.raw(rights)} on ${sql.ref(table)} to ${role};
    `.execute(db);
  }
}
