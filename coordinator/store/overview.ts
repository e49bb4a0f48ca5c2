/** The home page: every check in one light row, what the judge last wrote, who is alive. */
import { sql, type Transaction } from 'kysely';
import type { OverviewCheck, OverviewStore } from '../api/overview-port.ts';
import { readAsAccount } from './account-scope.ts';
import type { Db } from './connect.ts';
import { IS_CONNECTED } from './locations.ts';
import type { Database } from './schema.ts';

type DefinedRow = { id: string; name: string; tags: string[]; activated: boolean; muted: boolean; host: string; port: number; locations: readonly string[]; private_locations: readonly string[] };
type Defined = Omit<OverviewCheck, 'status' | 'sinceMs'>;
type DefinedChecks = { readonly revision: number; readonly checks: readonly Defined[] };

/** Accounts whose checks are remembered; beyond, the one asked for longest ago is read anew. */
const REMEMBERED_MAX = 100;

export function overviewStore(db: Db): OverviewStore {
  /** Definitions are large, and change seldom: each change counts the config's revision up. */
  const remembered = new Map<string, DefinedChecks>();
  return {
    listOverview: (accountId) => readAsAccount(db, accountId, async (trx) => {
      const { revision } = await trx.selectFrom('config_state').select('revision').executeTakeFirstOrThrow();
      const known = remembered.get(accountId);
      const checks = known?.revision === revision ? known.checks : await definedChecks(trx, accountId);
      remembered.delete(accountId);
      remembered.set(accountId, { revision, checks });
      if (remembered.size > REMEMBERED_MAX) remembered.delete(remembered.keys().next().value ?? '');
      const states = await readStates(trx, accountId);
      return checks.map((check) => ({ ...check, ...(states.get(check.checkId) ?? UNJUDGED) }));
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

type State = Pick<OverviewCheck, 'status' | 'sinceMs'>;
const UNJUDGED: State = { status: 'noData', sinceMs: null };

/** By check. They come as one text, because thousands of small rows cost more to read than to look up. */
async function readStates(trx: Transaction<Database>, accountId: string): Promise<ReadonlyMap<string, State>> {
  const { rows: [row] } = await sql<{ states: string | null }>`
    select string_agg(concat_ws(' ', check_id, status, extract(epoch from since_at) * 1000), E'\\n') as states from check_states where account_id = ${accountId}`.execute(trx);
  return new Map(row?.states?.split('\n').map((line) => {
    const [checkId = '', status, sinceMs] = line.split(' ');
    return [checkId, { status: status as State['status'], sinceMs: sinceMs === undefined ? null : Number(sinceMs) }];
  }));
}

/** As the page sorts them, which has less to do then. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

/** By name. A definition is read once a row: it is json, and every `->` would begin anew. */
async function definedChecks(trx: Transaction<Database>, accountId: string): Promise<readonly Defined[]> {
  const { rows } = await sql<DefinedRow>`
    select checks.id, checks.name, checks.tags, d.activated, d.muted, d.locations, d."privateLocations" as private_locations, d.request ->> 'hostname' as host, (d.request ->> 'port')::integer as port
    from checks cross join lateral json_to_record(checks.definition) as d (activated boolean, muted boolean, request json, locations json, "privateLocations" json)
    where checks.account_id = ${accountId} and checks.deleted_at is null`.execute(trx);
  return rows.toSorted((one, other) => COLLATOR.compare(one.name, other.name)).map((row) => ({
    checkId: row.id, name: row.name, tags: row.tags, target: `${row.host.includes(':') ? `[${row.host}]` : row.host}:${row.port}`,
    activated: row.activated, muted: row.muted, locations: row.locations, privateLocations: row.private_locations,
  }));
}
