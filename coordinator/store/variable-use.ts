/** Who uses a variable, and who would be left with something that does not work. */
import { sql, type Transaction } from 'kysely';
import { variablesIn, variablesOf, type Variables } from '#shared/check/variables.ts';
import { joinConfig } from '../channels/split-config.ts';
import { variableProblems } from '../planning/expand-check.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { openedSecrets } from '../secrets/open-channel.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

/** Of a refusal: enough to know where to look. */
const NAMED_MAX = 10;

/** Checks with a request, and channels with a text, that use this key and cannot be filled in with what there is now. */
export async function brokenBy(
  trx: Trx, { accountId, key }: { readonly accountId: string; readonly key: string }, variables: (groupId: number | null) => Variables, sealer: Sealer,
): Promise<readonly string[]> {
  const checks = await trx.selectFrom('checks').select(['name', 'definition', 'group_id'])
    .where('account_id', '=', accountId).where('deleted_at', 'is', null).where(mentions(key)).orderBy('created_at').execute();
  const broken = checks.filter(({ definition, group_id }) =>
    variablesOf(definition.request).includes(key) && variableProblems(definition.request, variables(group_id)).length > 0);
  const channels = variables(null).has(key) ? [] : await channelsThatUse(trx, accountId, key, sealer);
  return [...broken.map(({ name }) => `'${name}'`), ...channels.map((id) => `alert channel ${id}`)].slice(0, NAMED_MAX);
}

async function channelsThatUse(trx: Trx, accountId: string, key: string, sealer: Sealer): Promise<readonly number[]> {
  const rows = await trx.selectFrom('alert_channels').select(['id', 'config', 'sealed']).where('account_id', '=', accountId).orderBy('id').execute();
  return rows.filter(({ id, config, sealed }) => {
    const whole = joinConfig(config as Record<string, unknown>, openedSecrets({ accountId, id, sealed }, sealer) ?? {});
    return variablesIn(JSON.stringify(whole)).includes(key);
  }).map(({ id }) => id);
}

/** Checks that use it are planned anew: agents get other digests. */
export async function touchUsers(trx: Trx, { accountId, key, configRevision }: { readonly accountId: string; readonly key: string; readonly configRevision: number }): Promise<void> {
  await trx.updateTable('checks').set({ config_revision: configRevision })
    .where('account_id', '=', accountId).where('deleted_at', 'is', null).where(mentions(key)).execute();
}

/** May name it; the text is looked at again where it matters. */
function mentions(key: string) {
  return sql<boolean>`strpos(definition::text, ${key}) > 0 and strpos(definition::text, '{{') > 0`;
}
