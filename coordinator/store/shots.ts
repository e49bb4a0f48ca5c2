import type { ShotStore } from '../pipeline/ports.ts';
import type { Db } from './connect.ts';

/** Shots of saved checks: what makes their results owed. */
export function shotStore(db: Db): ShotStore {
  return {
    async recordShot(shot) {
      await db.insertInto('shots').values({
        account_id: shot.accountId, run_id: shot.runId, check_id: shot.checkId, check_revision: shot.checkRevision,
        location_id: shot.locationId, trigger: shot.trigger, ordered_at: new Date(shot.orderedAtMs),
      }).onConflict((conflict) => conflict.column('run_id').doNothing()).execute();
    },

    async findShots(runIds) {
      if (runIds.length === 0) return [];
      const rows = await db.selectFrom('shots').selectAll().where('run_id', 'in', [...new Set(runIds)]).execute();
      return rows.map((row) => ({
        runId: row.run_id, accountId: row.account_id, checkId: row.check_id, checkRevision: row.check_revision,
        locationId: row.location_id, orderedAtMs: row.ordered_at,
      }));
    },
  };
}
