import { sql, type Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationProvider } from 'kysely/migration';
import { DatabaseError } from '../database-error.ts';
import { TENANT_ROLE } from '../provision.ts';
import * as accountsAndLocations from './0001-accounts-and-locations.ts';
import * as checks from './0002-checks.ts';
import * as agents from './0003-agents.ts';
import * as results from './0004-results.ts';
import * as tenancy from './0005-tenancy.ts';
import * as enrolment from './0006-enrolment.ts';
import * as closing from './0007-closing.ts';
import * as alerting from './0008-alerting.ts';
import * as coordinators from './0009-coordinators.ts';
import * as impaired from './0010-impaired.ts';
import * as judging from './0011-judging.ts';
import * as deliveries from './0012-deliveries.ts';
import * as rollups from './0014-rollups.ts';
import * as users from './0015-users.ts';
import * as statusPages from './0016-status-pages.ts';
import * as usage from './0017-usage.ts';
import * as restores from './0018-restores.ts';
import * as engines from './0019-engines.ts';
import * as draining from './0020-draining.ts';
import * as identities from './0025-identities.ts';
import * as accountSettings from './0030-account-settings.ts';
import * as failedResults from './0031-failed-results.ts';
import * as queueMany from './0032-queue-many.ts';
import * as checkDays from './0033-check-days.ts';
import * as checkWeeks from './0034-check-weeks.ts';

/** In order of their names; a name, once released, never changes. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-accounts-and-locations': accountsAndLocations,
  '0002-checks': checks,
  '0003-agents': agents,
  '0004-results': results,
  '0005-tenancy': tenancy,
  '0006-enrolment': enrolment,
  '0007-closing': closing,
  '0008-alerting': alerting,
  '0009-coordinators': coordinators,
  '0010-impaired': impaired,
  '0011-judging': judging,
  '0012-deliveries': deliveries,
  '0014-rollups': rollups,
  '0015-users': users,
  '0016-status-pages': statusPages,
  '0017-usage': usage,
  '0018-restores': restores,
  '0019-engines': engines,
  '0020-draining': draining,
  '0025-identities': identities,
  '0030-account-settings': accountSettings,
  '0031-failed-results': failedResults,
  '0032-queue-many': queueMany,
  '0033-check-days': checkDays,
  '0034-check-weeks': checkWeeks,
};

const PROVIDER: MigrationProvider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };

/**
 * Brings the schema up to date, all or nothing; of several at once one does it (kysely takes an advisory lock).
 * Returns the names of what was applied. Throws what Postgres said.
 */
export async function migrate<T>(db: Kysely<T>): Promise<readonly string[]> {
  return db.connection().execute(async (connection) => {
    // A migration that must wait for a lock makes everybody behind it wait, too: better to give up and say so.
    await sql`set lock_timeout = '10s'; set statement_timeout = '10min'`.execute(connection);
    try {
      await refuseNewerSchema(connection);
      await ensureTenantRole(connection);
      const { error, results = [] } = await new Migrator({ db: connection, provider: PROVIDER }).migrateToLatest();
      if (error) throw error;
      return results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName);
    } finally {
      await sql`reset lock_timeout; reset statement_timeout`.execute(connection);
    }
  });
}

/** Any number: migrators that start together make the role one after the other. */
const ROLE_LOCK = 5_068_131;

async function ensureTenantRole<T>(db: Kysely<T>): Promise<void> {
  if (await mayActAsTenant(db)) return;
  await sql`select pg_advisory_lock(${ROLE_LOCK})`.execute(db);
  try {
    await sql`
      do $$ begin
        create role ${sql.ref(TENANT_ROLE)} nologin;
      exception when duplicate_object or unique_violation then null; -- there, or made by another migrator just now
      end $$`.execute(db);
    await sql`grant ${sql.ref(TENANT_ROLE)} to current_user`.execute(db);
  } catch (cause) {
    const { rows: [who] } = await sql<{ name: string }>`select quote_ident(current_user) as name`.execute(db);
    throw new DatabaseError(`the database user may not make the role '${TENANT_ROLE}', which keeps accounts apart; as a superuser run: create role ${TENANT_ROLE} nologin; grant ${TENANT_ROLE} to ${who?.name};`, { cause });
  } finally {
    await sql`select pg_advisory_unlock(${ROLE_LOCK})`.execute(db);
  }
}

/** An older version on a newer schema would write what the newer one no longer expects. */
async function refuseNewerSchema<T>(db: Kysely<T>): Promise<void> {
  const { rows: [known] } = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!known?.there) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const newer = rows.map(({ name }) => name).filter((name) => !Object.hasOwn(MIGRATIONS, name));
  if (newer.length > 0) throw new DatabaseError(`the database was brought up to date by a newer version (${newer.join(', ')}); start that version, or use another database`);
}

/** Asked by trying: since Postgres 16 a member of a role may still be forbidden to become it. */
async function mayActAsTenant<T>(db: Kysely<T>): Promise<boolean> {
  try {
    await db.transaction().execute((trx) => sql`select set_config('role', ${TENANT_ROLE}, true)`.execute(trx));
    return true;
  } catch {
    return false;
  }
}
