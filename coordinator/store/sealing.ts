/** Sealing anew: after a new master key came first in the ring, what older ones sealed is sealed by it, a few at a time. */
import { sql } from 'kysely';
import type { SealingStore } from '../api/variables-port.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { audited } from './audit-drafts.ts';
import type { Db } from './connect.ts';
import { sealedRow } from '../secrets/sealed-row.ts';
import { rowNameOf } from './variables.ts';

/** In one transaction: their rows are locked meanwhile. */
const BATCH_ROWS = 100;
/** Rows by keys that are gone are looked past, this many; they stay as they are. */
const LOOKED_AT_MAX = 10_000;

export function sealingStore(db: Db, sealer: Sealer): SealingStore {
  const current = Buffer.from(sealer.currentKeyId);
  // The id of its key follows the version byte.
  const isOlder = sql<boolean>`substring(sealed from 2 for 4) <> ${current}`;
  return {
    sealingKeyIds: sealer.keyIds,

    async countSealed() {
      const known = sealer.keyIds.map((id) => Buffer.from(id, 'hex'));
      const { rows } = await sql<{ sealed: number; older: number; unreadable: number }>`
        select count(*)::int as sealed, count(*) filter (where ${isOlder})::int as older,
          count(*) filter (where substring(sealed from 2 for 4) <> all(${known}::bytea[]))::int as unreadable
        from (select sealed from variables union all select sealed from alert_channels where sealed is not null) all_sealed`.execute(db);
      const [row] = rows;
      return { sealed: row?.sealed ?? 0, byOlderKeys: row?.older ?? 0, unreadable: row?.unreadable ?? 0 };
    },

    resealSome: () => audited(db, async (trx) => {
      let resealed = 0;
      const again = (sealed: Uint8Array, row: string): Buffer | null => {
        const plain = resealed < BATCH_ROWS ? sealer.open(sealed, row) : null;
        if (plain !== null) resealed += 1;
        return plain === null ? null : Buffer.from(sealer.seal(plain.reveal(), row));
      };
      for (const row of await trx.selectFrom('variables').select(['account_id', 'id', 'group_id', 'key', 'sealed']).where(isOlder).orderBy('id').limit(LOOKED_AT_MAX).forUpdate().execute()) {
        const sealed = again(row.sealed, rowNameOf(row));
        if (sealed) await trx.updateTable('variables').set({ sealed }).where('account_id', '=', row.account_id).where('id', '=', row.id).execute();
      }
      for (const row of await trx.selectFrom('alert_channels').select(['account_id', 'id', 'sealed']).where('sealed', 'is not', null).where(isOlder).orderBy('id').limit(LOOKED_AT_MAX).forUpdate().execute()) {
        const sealed = again(row.sealed!, sealedRow.channel(row.account_id, row.id));
        if (sealed) await trx.updateTable('alert_channels').set({ sealed }).where('account_id', '=', row.account_id).where('id', '=', row.id).execute();
      }
      return resealed;
    }),
  };
}
