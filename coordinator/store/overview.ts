/** The home page: every check in one light row, what the judge last wrote, who is alive. */
import { sql } from 'kysely';
import type { OverviewCheck, OverviewStore } from '../api/overview-port.ts';
import type { CheckStatus } from '../verdict/check-state.ts';
import { readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import { IS_CONNECTED } from './locations.ts';

type OverviewRow = {
  id: string; name: string; tags: string[]; status: CheckStatus | null; activated: boolean; muted: boolean;
  host: string; port: number; locations: readonly string[]; private_locations: readonly string[];
};

export function overviewStore(db: Db): OverviewStore {
  return {
    listOverview: (accountId) => readAsAccount(db, accountId, async (trx) => {
      // A definition is read once a row: it is json, and every `->` would begin anew.
      const { rows } = await sql<OverviewRow>`
        select checks.id, checks.name, checks.tags, check_states.status, d.activated, d.muted, d.locations, d."privateLocations" as private_locations,
          d.request ->> 'hostname' as host, (d.request ->> 'port')::integer as port
        from checks
        cross join lateral json_to_record(checks.definition) as d (activated boolean, muted boolean, request json, locations json, "privateLocations" json)
        left join check_states on check_states.account_id = checks.account_id and check_states.check_id = checks.id
        where checks.account_id = ${accountId} and checks.deleted_at is null`.execute(trx);
      return rows.map(toOverview);
    }),

    lastVerdictsMs: (accountId, checkIds) => (checkIds.length === 0 ? Promise.resolve(new Map()) : readAsAccount(db, accountId, async (trx) => {
      const { rows } = await sql<{ check_id: string; at: number | null }>`
        select check_id, (head ->> 'lastVerdictMs')::float8 as at from check_states
        where account_id = ${accountId} and check_id = any(${[...checkIds]}::uuid[])`.execute(trx);
      return new Map(rows.flatMap(({ check_id, at }) => (at === null ? [] : [[check_id, at] as const])));
    })),

    countAgents: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const { rows: [counted] } = await sql<{ online: number; total: number }>`
        select count(*) as total, count(*) filter (where ${IS_CONNECTED}) as online
        from agents join locations on locations.id = agents.location_id
        left join sessions on sessions.location_id = agents.location_id and sessions.agent_id = agents.id and sessions.generation = agents.generation
        where agents.revoked_at is null and locations.deleted_at is null and (locations.account_id is null or locations.account_id = ${accountId})`.execute(trx);
      return { online: counted?.online ?? 0, total: counted?.total ?? 0 };
    }),
  };
}

function toOverview(row: OverviewRow): OverviewCheck {
  return {
    checkId: row.id, name: row.name, tags: row.tags, target: `${row.host.includes(':') ? `[${row.host}]` : row.host}:${row.port}`,
    activated: row.activated, muted: row.muted, status: row.status ?? 'noData', locations: row.locations, privateLocations: row.private_locations,
  };
}
