/** Shots of saved checks, which make their results owed, and the way of shots between coordinators. */
import { sql, type Insertable, type Transaction } from 'kysely';
import type { ShotStore } from '../pipeline/ports.ts';
import type { OwedShot, RoutedAnswer, ShotRouteStore, ShotToDeliver } from '../pipeline/shot-port.ts';
import { HINT_CHANNELS, type ConfigHints } from './config-hints.ts';
import { SEALED_VERSION, type Sealer } from '../secrets/key-ring.ts';
import type { Db } from './connect.ts';
import { sealedRow } from '../secrets/sealed-row.ts';
import { IS_CONNECTED } from './locations.ts';
import type { Database } from './schema.ts';

const HINT_SHOTS = sql`pg_notify(${sql.lit(HINT_CHANNELS.shots)}, '')`;
/** Rows in one insert: Postgres takes 65,535 parameters. */
const ROWS_PER_INSERT = 1_000;
/** Whoever waits has given up by then. */
const FORGET_AFTER = sql`interval '2 minutes'`;

export function shotStore(db: Db, hints: ConfigHints, sealer: Sealer): ShotStore & ShotRouteStore {
  return {
    async recordShot(shot) {
      await db.insertInto('shots').values(toRow(shot)).onConflict((conflict) => conflict.column('run_id').doNothing()).execute();
    },

    async findShots(runIds) {
      if (runIds.length === 0) return [];
      const rows = await db.selectFrom('shots').selectAll().where('run_id', 'in', [...new Set(runIds)]).execute();
      return rows.map((row) => ({
        runId: row.run_id, accountId: row.account_id, checkId: row.check_id, checkRevision: row.check_revision,
        locationId: row.location_id, orderedAtMs: row.ordered_at,
        ...(row.of_run_id === null ? {} : { retryOf: {
          runId: row.of_run_id, dueAtMs: row.of_due_at!, locationOwed: row.of_location!, attempt: row.attempt!, isLast: row.is_last_attempt!,
        } }),
      }));
    },

    orderShots: (shots) => db.transaction().execute((trx) => insertShots(trx, shots, sealer)),

    orderDeploys: (orders) => db.transaction().execute(async (trx) => {
      const wanted = new Map(orders.map((order) => [order.checkId, order]));
      // Locked in one order, so that two coordinators never wait for each other in a circle.
      const { rows } = await sql<{ id: string }>`
        select checks.id from checks
        join unnest(${[...wanted.keys()]}::uuid[], ${[...wanted.values()].map(({ revision }) => revision)}::integer[]) as wanted (id, revision) on wanted.id = checks.id
        where checks.deployed_revision < wanted.revision order by checks.id for no key update of checks`.execute(trx);
      const mine = rows.map(({ id }) => wanted.get(id)!);
      if (mine.length === 0) return;
      await sql`
        update checks set deployed_revision = mine.revision
        from unnest(${mine.map(({ checkId }) => checkId)}::uuid[], ${mine.map(({ revision }) => revision)}::integer[]) as mine (id, revision)
        where checks.id = mine.id`.execute(trx);
      await insertShots(trx, mine.flatMap(({ shots }) => shots), sealer);
    }),

    async claimShots(coordinatorId, locationIds, max) {
      const { rows } = await sql<{ run_id: string; location_id: string; shot: Buffer; expires_at: number; now: number }>`
        update shot_deliveries set claimed_by = ${coordinatorId} where run_id in (
          select run_id from shot_deliveries
          where claimed_by is null and expires_at > clock_timestamp() and location_id = any(${[...locationIds]}::uuid[])
          order by expires_at limit ${max} for update skip locked
        ) returning run_id, location_id, shot, expires_at, clock_timestamp() as now`.execute(db);
      return rows.flatMap((row) => {
        const shot = asOrdered(row.run_id, row.shot, sealer);
        return shot === null ? [] : [{ runId: row.run_id, locationId: row.location_id, shot, leftMs: row.expires_at - row.now }];
      });
    },

    async releaseShot(runId) {
      await db.updateTable('shot_deliveries').set({ claimed_by: null }).where('run_id', '=', runId).where('answer_kind', 'is', null).execute();
    },

    async answerShot(runId, answer) {
      const { rows } = await sql`
        with unawaited as (delete from shot_deliveries where run_id = ${runId} and ordered_by is null)
        update shot_deliveries set answer_kind = ${answer.kind}, answer = ${answer.kind === 'done' ? Buffer.from(answer.result) : null},
          answered_by = ${answer.kind === 'done' ? answer.agentId : null}
        where run_id = ${runId} and ordered_by is not null returning 1`.execute(db);
      if (rows.length > 0) await sql`select ${HINT_SHOTS}`.execute(db);
    },

    async takeAnswers(runIds) {
      const rows = await db.deleteFrom('shot_deliveries').where('run_id', 'in', [...runIds]).where('answer_kind', 'is not', null)
        .returning(['run_id', 'answer_kind', 'answer', 'answered_by']).execute();
      return rows.map((row) => ({ runId: row.run_id, answer: toAnswer(row) }));
    },

    async forgetShots() {
      await sql`delete from shot_deliveries where expires_at < clock_timestamp() - ${FORGET_AFTER}`.execute(db);
    },

    async hasAgent(locationId) {
      const row = await db.selectFrom('sessions')
        .innerJoin('agents', (join) => join.onRef('agents.location_id', '=', 'sessions.location_id').onRef('agents.id', '=', 'sessions.agent_id').onRef('agents.generation', '=', 'sessions.generation'))
        .where('sessions.location_id', '=', locationId).where(IS_CONNECTED).where('sessions.last_slot_ms', 'is', null)
        .select('sessions.id').limit(1).executeTakeFirst();
      return row !== undefined;
    },

    onShotHint: (callback) => hints.subscribe('shots', callback),
  };
}

/** Orders shots within the transaction of whoever has a reason for them: both are committed, or neither. */
export async function insertShots(trx: Transaction<Database>, shots: readonly ShotToDeliver[], sealer: Sealer): Promise<void> {
  for (let from = 0; from < shots.length; from += ROWS_PER_INSERT) {
    const some = shots.slice(from, from + ROWS_PER_INSERT);
    const owed = some.flatMap((shot) => (shot.owed ? [toRow(shot.owed)] : []));
    if (owed.length > 0) await trx.insertInto('shots').values(owed).execute();
    await trx.insertInto('shot_deliveries').values(some.map(({ delivery }) => ({
      run_id: delivery.runId, location_id: delivery.locationId, shot: onItsWay(delivery, sealer), ordered_by: delivery.answerTo,
      expires_at: sql<Date>`clock_timestamp() + ${delivery.timeoutMs} * interval '1 ms'`,
    }))).execute();
  }
  if (shots.length > 0) await sql`select ${HINT_SHOTS}`.execute(trx);
}

/** As it is stored until an agent has it: sealed where it holds secrets. An encoded shot begins with the tag of a field, never with the version of a seal. */
function onItsWay({ runId, shot, isSecret }: ShotToDeliver['delivery'], sealer: Sealer): Buffer {
  const bytes = Buffer.from(shot);
  return isSecret ? Buffer.from(sealer.seal(bytes.toString('base64'), sealedRow.shot(runId))) : bytes;
}

/** null: sealed by a key that this coordinator has not; whoever waits for it hears of no agent. */
function asOrdered(runId: string, stored: Buffer, sealer: Sealer): Buffer | null {
  if (stored[0] !== SEALED_VERSION) return stored;
  const opened = sealer.open(stored, sealedRow.shot(runId));
  return opened === null ? null : Buffer.from(opened.reveal(), 'base64');
}

function toRow(shot: OwedShot): Insertable<Database['shots']> {
  const { retryOf } = shot;
  return {
    account_id: shot.accountId, run_id: shot.runId, check_id: shot.checkId, check_revision: shot.checkRevision,
    location_id: shot.locationId, trigger: shot.trigger, ordered_at: new Date(shot.orderedAtMs),
    of_run_id: retryOf?.runId ?? null, of_due_at: retryOf ? new Date(retryOf.dueAtMs) : null, of_location: retryOf?.locationOwed ?? null,
    attempt: retryOf?.attempt ?? null, is_last_attempt: retryOf?.isLast ?? null,
  };
}

function toAnswer(row: { answer_kind: string | null; answer: Buffer | null; answered_by: string | null }): RoutedAnswer {
  if (row.answer_kind === 'done' && row.answer && row.answered_by) return { kind: 'done', result: row.answer, agentId: row.answered_by };
  return { kind: row.answer_kind === 'no_agent' || row.answer_kind === 'timeout' ? row.answer_kind : 'refused' };
}
