/** What operators watch of an installation; one look, no history. */
import { sql } from 'kysely';
import type { OperatorFacts } from '../operator-facts.ts';
import type { Db } from './connect.ts';
import { IS_CONNECTED } from './locations.ts';
import { periodOf } from './partitions.ts';

export type OperatorStore = { readOperatorFacts(): Promise<OperatorFacts> };

type Row = {
  unapproved: number; checks: number; judge_marks: number; rollup_marks: number; rollup_age: number; pending: number; delivery_age: number; closed_through: number; bytes: number; connections: number; now: number;
};

export function operatorStore(db: Db): OperatorStore {
  return {
    async readOperatorFacts() {
      const { rows: [row] } = await sql<Row>`
        select (select count(*) from agents where approved_at is null and revoked_at is null) as unapproved,
          (select count(*) from checks where deleted_at is null) as checks,
          (select count(*) from judge_marks) as judge_marks,
          (select count(*) from rollup_marks) as rollup_marks,
          coalesce((select extract(epoch from now() - marked_at) from rollup_marks order by id limit 1), 0)::float8 as rollup_age,
          (select count(*) from notice_deliveries where state = 'pending') as pending,
          greatest(0, coalesce((select extract(epoch from now() - min(due_at)) from notice_deliveries where state = 'pending'), 0))::float8 as delivery_age,
          (select closed_through from closing_state) as closed_through, pg_database_size(current_database()) as bytes,
          (select count(*) from pg_stat_activity where datname = current_database()) as connections, now() as now`.execute(db);
      const { rows: locations } = await sql<{ code: string; kind: string; agents: number }>`
        select code, kind, (select count(distinct agent_id) from sessions where sessions.location_id = locations.id and ${IS_CONNECTED}) as agents from locations where deleted_at is null order by code`.execute(db);
      const { rows: pieces } = await sql<{ name: string }>`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relispartition and relkind = 'r'`.execute(db);
      const periods = pieces.flatMap(({ name }) => periodOf(name) ?? []);
      const now = row!.now;
      return {
        agentsAlive: locations.reduce((sum, { agents }) => sum + agents, 0), agentsByLocation: new Map(locations.filter(({ kind }) => kind === 'public').map(({ code, agents }) => [code, agents])),
        agentsUnapproved: row!.unapproved, checks: row!.checks, judgeMarks: row!.judge_marks, rollupMarks: row!.rollup_marks, rollupAgeSeconds: row!.rollup_age,
        deliveriesPending: row!.pending, deliveryAgeSeconds: row!.delivery_age, closedThroughSeconds: row!.closed_through / 1_000,
        databaseBytes: row!.bytes, connections: row!.connections,
        partitions: new Map([...Map.groupBy(periods, ({ table }) => table)].map(([table, of]) => [table, of.length])),
        partitionsAheadSeconds: (coveredFrom(periods.filter(({ table }) => table === 'results'), now) - now) / 1_000,
      };
    },
  };
}

/** Until when pieces follow each other without a hole, from the one that `nowMs` is in; `nowMs` less a second without one. */
function coveredFrom(periods: readonly { readonly fromMs: number; readonly toMs: number }[], nowMs: number): number {
  let untilMs = nowMs;
  for (;;) {
    const next = periods.find(({ fromMs, toMs }) => fromMs <= untilMs && untilMs < toMs);
    if (!next) return untilMs === nowMs ? nowMs - 1_000 : untilMs;
    untilMs = next.toMs;
  }
}
