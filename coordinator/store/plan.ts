/** The config as planning reads it: one snapshot, everything after a revision. */
import { sql, type Transaction } from 'kysely';
import type { Variables } from '#shared/check/variables.ts';
import { EPOCH_LEAD_MS, type AvailabilityChange } from '#shared/schedule/epoch.ts';
import type { RosterEpoch } from '../fleet/roster.ts';
import type { PlannedCheck, PlanStore } from '../pipeline/ports.ts';
import { effectiveCheck, type CheckGroup } from '../planning/check-group.ts';
import type { WindowVersion } from '../planning/pauses.ts';
import type { Sealer } from '../secrets/key-ring.ts';
import { toEpoch } from './schedule-rows.ts';
import type { ConfigHints } from './config-hints.ts';
import { bumpConfigRevision, commitInstantMs } from './config-revision.ts';
import type { Db } from './connect.ts';
import { holds } from './leases.ts';
import { LOCATION_COLUMNS, toLocation } from './location-rows.ts';
import type { Database } from './schema.ts';
import { variablesOfAccount } from './variables.ts';

type Trx = Transaction<Database>;

export function planStore(db: Db, hints: ConfigHints, sealer: Sealer): PlanStore {
  return {
    async configRevision() {
      return (await db.selectFrom('config_state').select('revision').executeTakeFirstOrThrow()).revision;
    },

    loadConfig: (sinceRevision) => db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(async (trx) => {
      const { revision } = await trx.selectFrom('config_state').select('revision').executeTakeFirstOrThrow();
      if (revision === sinceRevision) return { revision, checks: [], locations: [], availability: [], rosters: [] };
      const locations = await trx.selectFrom('locations').select(LOCATION_COLUMNS).where('config_revision', '>', sinceRevision).orderBy('id').execute();
      return {
        revision,
        checks: await checksAfter(trx, sinceRevision, sealer),
        locations: locations.map(toLocation),
        availability: await availabilityAfter(trx, sinceRevision),
        rosters: await rostersAfter(trx, sinceRevision),
      };
    }),

    appendAvailability: (changes, fence) => (changes.length === 0 ? Promise.resolve(true) : db.transaction().execute(async (trx) => {
      if (fence && !await holds(trx, fence)) return false;
      const revision = await bumpConfigRevision(trx);
      for (const change of changes) await appendChange(trx, change, revision);
      return true;
    })),

    appendRosters: (rosters, fence) => (rosters.length === 0 ? Promise.resolve(true) : db.transaction().execute(async (trx) => {
      if (fence && !await holds(trx, fence)) return false;
      const revision = await bumpConfigRevision(trx);
      const before = await trx.selectFrom('rosters').select(['location_id', (eb) => eb.fn.max('from_at').as('from_at')])
        .where('location_id', 'in', rosters.map(({ locationId }) => locationId)).groupBy('location_id').execute();
      const lastMs = new Map(before.map((row) => [row.location_id, row.from_at]));
      const committedMs = await commitInstantMs(trx);
      await trx.insertInto('rosters').values(rosters.map(({ locationId, fromAtMs, members }) => ({
        location_id: locationId, from_at: new Date(neverRetroactive(committedMs, fromAtMs, lastMs.get(locationId) ?? null)), members: JSON.stringify(members), config_revision: revision,
      }))).execute();
      return true;
    })),

    onConfigHint: (callback) => hints.subscribe('config', callback),
  };
}

/** As long as the closer looks back after an absence. */
const WINDOWS_MATTER_DAYS = 31;

async function checksAfter(trx: Trx, sinceRevision: number, sealer: Sealer): Promise<readonly PlannedCheck[]> {
  const rows = await trx.selectFrom('checks').selectAll().where('config_revision', '>', sinceRevision).orderBy('id').execute();
  const epochs = await trx.selectFrom('schedule_epochs').selectAll('schedule_epochs')
    .innerJoin('checks', (join) => join.onRef('checks.account_id', '=', 'schedule_epochs.account_id').onRef('checks.id', '=', 'schedule_epochs.check_id'))
    .where('checks.config_revision', '>', sinceRevision).orderBy('schedule_epochs.from_at').execute();
  const byCheck = Map.groupBy(epochs, (epoch) => epoch.check_id);
  const sharedBy = await sharedByAccount(trx, [...new Set(rows.map((row) => row.account_id))], sealer);
  return rows.map((row) => {
    const shared = sharedBy.get(row.account_id)!;
    const group = row.group_id === null ? null : shared.groups.get(row.group_id) ?? null;
    return {
      accountId: row.account_id, checkId: row.id, revision: row.revision, isDeleted: row.deleted_at !== null,
      check: effectiveCheck(row.definition, group).check, epochs: (byCheck.get(row.id) ?? []).map(toEpoch),
      variables: shared.variables(row.group_id), windows: shared.windows,
    };
  });
}

type Shared = { readonly groups: ReadonlyMap<number, CheckGroup>; readonly variables: (groupId: number | null) => Variables; readonly windows: readonly WindowVersion[] };

/** What an account's checks have in common; kept once for all of them. */
async function sharedByAccount(trx: Trx, accountIds: readonly string[], sealer: Sealer): Promise<ReadonlyMap<string, Shared>> {
  const shared = new Map<string, Shared>();
  for (const accountId of accountIds) {
    const groups = await trx.selectFrom('check_groups').select(['id', 'definition']).where('account_id', '=', accountId).execute();
    const versions = await trx.selectFrom('maintenance_window_versions').selectAll().where('account_id', '=', accountId)
      .where((eb) => eb.or([eb('until_at', 'is', null), eb('until_at', '>', sql<number>`now() - ${`${WINDOWS_MATTER_DAYS} days`}::interval`)]))
      .orderBy('window_id').orderBy('from_at').execute();
    shared.set(accountId, {
      groups: new Map(groups.map(({ id, definition }) => [id, definition])),
      variables: await variablesOfAccount(trx, accountId, sealer),
      windows: versions.map((row) => ({ windowId: row.window_id, fromAtMs: row.from_at, untilMs: row.until_at, window: row.definition })),
    });
  }
  return shared;
}

async function availabilityAfter(trx: Trx, sinceRevision: number): Promise<readonly AvailabilityChange[]> {
  const rows = await trx.selectFrom('availability').selectAll().where('config_revision', '>', sinceRevision).orderBy('from_at').orderBy('location_id').execute();
  return rows.map((row) => ({ locationId: row.location_id, fromAtMs: row.from_at, available: row.available }));
}

async function rostersAfter(trx: Trx, sinceRevision: number): Promise<readonly RosterEpoch[]> {
  const rows = await trx.selectFrom('rosters').selectAll().where('config_revision', '>', sinceRevision).orderBy('from_at').orderBy('location_id').execute();
  return rows.map((row) => ({ locationId: row.location_id, fromAtMs: row.from_at, members: row.members }));
}

async function appendChange(trx: Trx, change: AvailabilityChange, revision: number): Promise<void> {
  const last = await trx.selectFrom('availability').select('from_at').where('location_id', '=', change.locationId)
    .orderBy('from_at', 'desc').limit(1).executeTakeFirst();
  const fromAtMs = neverRetroactive(await commitInstantMs(trx), change.fromAtMs, last?.from_at ?? null);
  await trx.insertInto('availability')
    .values({ location_id: change.locationId, from_at: new Date(fromAtMs), available: change.available, config_revision: revision }).execute();
}

/**
 * History is never rewritten: a change begins after the last one, and a second after its own commit, however long the
 * way to Postgres took (rules.md 2, 3).
 */
function neverRetroactive(committedMs: number, wantedMs: number, lastMs: number | null): number {
  return Math.max(Math.ceil(wantedMs), Math.ceil(committedMs) + EPOCH_LEAD_MS, lastMs === null ? 0 : lastMs + 1);
}
