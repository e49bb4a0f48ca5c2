import { sql, type Transaction } from 'kysely';
import type { AlertSettings } from '#shared/check/check.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import type { AccountContext, GroupContext } from '../pipeline/judging-port.ts';
import type { Database } from './schema.ts';

type GroupDefinition = { readonly name: string; readonly useGlobalAlertSettings: boolean | null; readonly alertSettings: AlertSettings | null };

/** What users said about the alerts of these checks' accounts: settings, the groups of the checks, windows; one statement. */
export async function readAccountContext(
  trx: Transaction<Database>, checks: readonly { readonly accountId: string; readonly checkId: string }[],
): Promise<ReadonlyMap<string, AccountContext>> {
  const accountIds = [...new Set(checks.map(({ accountId }) => accountId))];
  if (accountIds.length === 0) return new Map();
  const { rows } = await sql<{ account_id: string; settings: AlertSettings | null; windows: readonly MaintenanceWindow[] | null; groups: readonly { id: number; definition: GroupDefinition }[] | null }>`
    select given.id as account_id,
      (select alert_settings from account_settings where account_id = given.id) as settings,
      (select json_agg(definition) from maintenance_windows where account_id = given.id) as windows,
      (select json_agg(json_build_object('id', check_groups.id, 'definition', check_groups.definition)) from check_groups where account_id = given.id
        and check_groups.id in (select group_id from checks where checks.account_id = given.id and checks.id = any(${checks.map(({ checkId }) => checkId)}::uuid[]))) as groups
    from unnest(${accountIds}::uuid[]) as given (id)`.execute(trx);
  return new Map(rows.map((row) => [row.account_id, {
    alertSettings: row.settings, windows: row.windows ?? [],
    groups: new Map((row.groups ?? []).map(({ id, definition }) => [id, toGroupContext(definition)])),
  }]));
}

function toGroupContext({ name, useGlobalAlertSettings, alertSettings }: GroupDefinition): GroupContext {
  const hasOwn = alertSettings !== null && useGlobalAlertSettings !== true;
  return { name, alertSettings: hasOwn ? alertSettings : null, isEnforced: hasOwn && useGlobalAlertSettings === false };
}
