/** Variables and secrets: all values are sealed at rest, those of secrets are never given back. */
import { sql, type Selectable, type Transaction } from 'kysely';
import type { VariableValue, Variables } from '#shared/check/variables.ts';
import type { InUse, StoredVariable, VariableName, VariableStore, VariableWrite } from '../api/variables-port.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { asAccount, readAsAccount } from './account-scope.ts';
import { bumpConfigRevision } from './config-revision.ts';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';
import { sealedRow } from '../secrets/sealed-row.ts';
import { brokenBy, touchUsers } from './variable-use.ts';

type Trx = Transaction<Database>;
type VariableRow = Selectable<Database['variables']>;

/** Rolls the transaction back: what would break a check changes nothing. */
class WouldBreak extends Error {
  readonly by: readonly string[];
  constructor(by: readonly string[]) {
    super('in use');
    this.by = by;
  }
}

export function variableStore(db: Db, sealer: Sealer): VariableStore {
  const read = async (trx: Trx, accountId: string, name: VariableName): Promise<StoredVariable | null> => {
    const row = await rowOf(trx, accountId, name).executeTakeFirst();
    return row ? toStoredVariable(row, sealer) : null;
  };
  return {
    listVariables: (accountId, groupId) => readAsAccount(db, accountId, async (trx) => {
      const rows = await trx.selectFrom('variables').selectAll().where('account_id', '=', accountId)
        .where('group_id', groupId === null ? 'is' : '=', groupId).orderBy('key').execute();
      return rows.map((row) => toStoredVariable(row, sealer));
    }),

    getVariable: (accountId, name) => readAsAccount(db, accountId, (trx) => read(trx, accountId, name)),

    createVariable: (accountId, groupId, variable) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      if (await rowOf(trx, accountId, { key: variable.key, groupId }).executeTakeFirst()) return 'conflict' as const;
      await insertVariable(trx, { accountId, groupId, variable }, sealer);
      await refuseBreaking(trx, { accountId, key: variable.key }, sealer);
      await touchUsers(trx, { accountId, key: variable.key, configRevision });
      return (await read(trx, accountId, { key: variable.key, groupId }))!;
    }).catch(asInUse),

    updateVariable: (accountId, name, change) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      if (!await rowOf(trx, accountId, name).executeTakeFirst()) return 'not_found' as const;
      await writeVariable(trx, { accountId, name, change }, sealer);
      await refuseBreaking(trx, { accountId, key: name.key }, sealer);
      await touchUsers(trx, { accountId, key: name.key, configRevision });
      return (await read(trx, accountId, name))!;
    }).catch(asInUse),

    deleteVariable: (accountId, name) => asAccount(db, accountId, async (trx) => {
      const configRevision = await bumpConfigRevision(trx);
      const { numDeletedRows } = await trx.deleteFrom('variables').where('account_id', '=', accountId).where('key', '=', name.key)
        .where('group_id', name.groupId === null ? 'is' : '=', name.groupId).executeTakeFirst();
      if (numDeletedRows === 0n) return 'not_found' as const;
      await refuseBreaking(trx, { accountId, key: name.key }, sealer);
      await touchUsers(trx, { accountId, key: name.key, configRevision });
      return 'deleted' as const;
    }).catch(asInUse),

    variablesFor: (accountId, groupId) => readAsAccount(db, accountId, (trx) => variablesOfAccount(trx, accountId, sealer).then((of) => of(groupId))),
  };
}

/** The variables of an account, to be asked by group: its own stand before the account's. One that cannot be opened is left out. */
export async function variablesOfAccount(trx: Trx, accountId: string, sealer: Sealer): Promise<(groupId: number | null) => Variables> {
  const rows = await trx.selectFrom('variables').selectAll().where('account_id', '=', accountId).orderBy('key').execute();
  const byGroup = Map.groupBy(rows, (row) => row.group_id);
  const valuesOf = (groupId: number | null): readonly (readonly [string, VariableValue])[] => (byGroup.get(groupId) ?? []).flatMap((row) => {
    const value = sealer.open(row.sealed, rowNameOf(row));
    return value === null ? [] : [[row.key, { value: value.reveal(), isSecret: row.is_secret }] as const];
  });
  return (groupId) => new Map([...valuesOf(null), ...(groupId === null ? [] : valuesOf(groupId))]);
}

export async function insertVariable(
  trx: Trx, { accountId, groupId, variable }: { readonly accountId: string; readonly groupId: number | null; readonly variable: VariableWrite }, sealer: Sealer,
): Promise<void> {
  await trx.insertInto('variables').values({
    account_id: accountId, group_id: groupId, key: variable.key, is_secret: variable.isSecret, locked: variable.locked,
    sealed: Buffer.from(sealer.seal(variable.value ?? '', sealedRow.variable(accountId, groupId, variable.key))),
  }).execute();
}

async function writeVariable(
  trx: Trx, { accountId, name, change }: { readonly accountId: string; readonly name: VariableName; readonly change: VariableWrite }, sealer: Sealer,
): Promise<void> {
  await trx.updateTable('variables').set({
    is_secret: change.isSecret, locked: change.locked, updated_at: sql<Date>`clock_timestamp()`,
    ...(change.value === null ? {} : { sealed: Buffer.from(sealer.seal(change.value, sealedRow.variable(accountId, name.groupId, name.key))) }),
  }).where('account_id', '=', accountId).where('key', '=', name.key).where('group_id', name.groupId === null ? 'is' : '=', name.groupId).execute();
}

/** The variables of a group become these; one that comes without a value keeps the one it has. */
export async function replaceGroupVariables(
  trx: Trx, { accountId, groupId, variables }: { readonly accountId: string; readonly groupId: number; readonly variables: readonly VariableWrite[] }, sealer: Sealer,
): Promise<void> {
  const before = await trx.selectFrom('variables').select('key').where('account_id', '=', accountId).where('group_id', '=', groupId).execute();
  const known = new Set(before.map(({ key }) => key));
  const keys = variables.map(({ key }) => key);
  const gone = [...known].filter((key) => !keys.includes(key));
  if (gone.length > 0) await trx.deleteFrom('variables').where('account_id', '=', accountId).where('group_id', '=', groupId).where('key', 'in', gone).execute();
  for (const variable of variables) {
    if (known.has(variable.key)) await writeVariable(trx, { accountId, name: { key: variable.key, groupId }, change: variable }, sealer);
    else await insertVariable(trx, { accountId, groupId, variable }, sealer);
  }
  for (const key of new Set([...known, ...keys])) await refuseBreaking(trx, { accountId, key }, sealer);
}

export async function refuseBreaking(trx: Trx, at: { readonly accountId: string; readonly key: string }, sealer: Sealer): Promise<void> {
  const by = await brokenBy(trx, at, await variablesOfAccount(trx, at.accountId, sealer), sealer);
  if (by.length > 0) throw new WouldBreak(by);
}

export function asInUse(cause: unknown): InUse {
  if (cause instanceof WouldBreak) return { kind: 'in_use', by: cause.by };
  throw cause;
}

function rowOf(trx: Trx, accountId: string, { key, groupId }: VariableName) {
  return trx.selectFrom('variables').selectAll().where('account_id', '=', accountId).where('key', '=', key).where('group_id', groupId === null ? 'is' : '=', groupId);
}

export function rowNameOf(row: Pick<VariableRow, 'account_id' | 'group_id' | 'key'>): string {
  return sealedRow.variable(row.account_id, row.group_id, row.key);
}

function toStoredVariable(row: VariableRow, sealer: Sealer): StoredVariable {
  return {
    key: row.key, isSecret: row.is_secret, locked: row.locked, groupId: row.group_id,
    value: row.is_secret ? null : sealer.open(row.sealed, rowNameOf(row))?.reveal() ?? '',
    createdAtMs: Math.trunc(row.created_at), updatedAtMs: Math.trunc(row.updated_at),
  };
}
