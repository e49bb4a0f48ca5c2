/** Makes what the coordinator connects to: its login role, the role of one account's work, its database. */
import { Client } from 'pg';
import { toDatabaseError } from './database-error.ts';

export const TENANT_ROLE = 'sonde_tenant';

/**
 * As a superuser, and again without harm: `role` as an ordinary login that owns `database` and may act as the
 * tenant role. Throws `DatabaseError`.
 */
export async function provisionDatabase(superUrl: string, wanted: { role: string; password: string; database: string }): Promise<void> {
  const client = new Client({ connectionString: superUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // What fails for it rejects the query under way.
  try {
    await client.connect();
    const role = client.escapeIdentifier(wanted.role);
    await client.query(`do $$ begin
      if not exists (select from pg_roles where rolname = ${client.escapeLiteral(wanted.role)}) then create role ${role}; end if;
      if not exists (select from pg_roles where rolname = '${TENANT_ROLE}') then create role ${TENANT_ROLE} nologin; end if;
    end $$`);
    await client.query(`alter role ${role} login nosuperuser nocreatedb nocreaterole nobypassrls password ${client.escapeLiteral(wanted.password)}`);
    await client.query(`grant ${TENANT_ROLE} to ${role}`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [wanted.database]);
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(wanted.database)} owner ${role}`);
  } catch (cause) {
    throw toDatabaseError(superUrl, cause);
  } finally {
    await client.end().catch(() => {});
  }
}
