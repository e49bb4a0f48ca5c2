/** A coordinator's past and present before it starts: runs that were owed and wait for their results, and checks to hold. */
import { randomBytes, randomUUID } from 'node:crypto';
import { maskToken, mintToken, tokenHasher } from '#coordinator/api/keys.ts';
import { SCOPES } from '#coordinator/api/scopes.ts';
import { openStore, type Store } from '#coordinator/store/open-store.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import type { Fleet } from '../../e2e/testing/fleet.ts';
import { INTERVAL_MS, type OwedRuns } from '../pipeline/bench-rows.ts';

export type BenchLocation = { readonly key: string; readonly owed: OwedRuns };

export type Prepared = {
  readonly locations: readonly BenchLocation[];
  /** Checks of all locations that are due once a day: what the agents hold. */
  readonly heldCheckIds: readonly string[];
};

/** Checks of one location each, spread evenly, whose results are delivered. */
const OWED_CHECKS = 400;
/** An agent holds about so many; of the held checks each agent of a location has its part. */
const HELD_AN_AGENT = 4;
const HELD_MAX = 100;
const HOUR_MS = 3_600_000;
/** Longer ago than the coordinator goes through again at a start, so that it closes none of these slots. */
const ENDED_HOURS_AGO = 2;
const DAY_SECONDS = 86_400;
const QUIET = { info() {}, warn() {} };

/** `rowsEach`: results that each location will deliver at most. */
export async function prepareFleet(fleet: Fleet, { locationCount, agentsEach, rowsEach }: { readonly locationCount: number; readonly agentsEach: number; readonly rowsEach: number }): Promise<Prepared> {
  const checksEach = Math.ceil(OWED_CHECKS / locationCount);
  const untilMs = Date.now() - ENDED_HOURS_AGO * HOUR_MS;
  const fromMs = untilMs - (Math.ceil(rowsEach / checksEach) + 2) * INTERVAL_MS;
  const store = await openStore({ databaseUrl: fleet.postgres.url, applicationName: 'bench', log: QUIET });
  try {
    await store.migrate();
    for (let dayMs = fromMs; dayMs < untilMs + HOUR_MS * 24; dayMs += HOUR_MS * 24) await store.ensurePartitions(dayMs);
    const hashToken = tokenHasher(Buffer.from(fleet.masterKey, 'hex'));
    const { accountId } = await store.ensureFirstAccount({ name: 'First account', keyHash: hashToken(fleet.apiKey), keyPrefix: maskToken(fleet.apiKey), scopes: SCOPES });
    const codes = Array.from({ length: locationCount }, (_, index) => `loc-${index + 1}`);
    const known = await store.ensureLocations(codes.map((code) => ({ code, name: code })));
    const locations: BenchLocation[] = [];
    for (const { id: locationId, code } of known) {
      const key = mintToken('location', randomBytes);
      await store.createLocationKey(locationId, { id: randomUUID(), hash: hashToken(key), masked: maskToken(key) });
      const checkIds = await createChecks(store, { accountId, count: checksEach, locations: [code], everySeconds: INTERVAL_MS / 1000 });
      locations.push({ key, owed: { accountId, checkIds, locationId, fromMs, untilMs } });
    }
    await fleet.pool.query('update schedule_epochs set from_at = $1', [new Date(fromMs)]);
    await fleet.pool.query(`insert into schedule_epochs (account_id, check_id, from_at, interval_ms, strategy, location_order, active)
      select account_id, check_id, $1, interval_ms, strategy, location_order, false from schedule_epochs`, [new Date(untilMs)]);
    const heldCheckIds = await createChecks(store, { accountId, count: Math.min(HELD_MAX, HELD_AN_AGENT * agentsEach), locations: codes, everySeconds: DAY_SECONDS });
    return { locations, heldCheckIds };
  } finally {
    await store.close();
  }
}

type Wanted = { readonly accountId: string; readonly count: number; readonly locations: readonly string[]; readonly everySeconds: number };

async function createChecks(store: Store, { accountId, count, locations, everySeconds }: Wanted): Promise<readonly string[]> {
  const parsed = parseCheck({
    name: 'redis', frequency: 0, frequencyOffset: everySeconds, runParallel: true, locations,
    request: { hostname: '127.0.0.1', port: 6379, data: 'PING\\r\\n', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'PONG' }] },
  });
  if (!parsed.ok) throw new Error(`the bench's check is not valid: ${JSON.stringify(parsed.problems)}`);
  const { check } = parsed;
  return Promise.all(Array.from({ length: count }, async () => (await store.createCheck(accountId, randomUUID(), check, null)).id));
}
