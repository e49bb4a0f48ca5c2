/** A coordinator with hours of owed runs behind it, and nothing to do but to take their results. */
import { randomBytes, randomUUID } from 'node:crypto';
import { maskToken, mintToken, tokenHasher } from '#coordinator/api/keys.ts';
import { SCOPES } from '#coordinator/api/scopes.ts';
import { openStore, type Store } from '#coordinator/store/open-store.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import type { Fleet } from '../../e2e/testing/fleet.ts';
import { INTERVAL_MS, type OwedRuns } from './bench-rows.ts';

const CHECKS = 100;
const HOUR_MS = 3_600_000;
/** Longer ago than the coordinator goes through again at a start, so that it closes none of these slots. */
const ENDED_HOURS_AGO = 2;
const LASTED_HOURS = 10;
const QUIET = { info() {}, warn() {} };

export type BenchAgent = { readonly key: string; readonly owed: OwedRuns };

/** Before the coordinator starts: it reads the schedule then. One location an agent. */
export async function prepareOwedRuns(fleet: Fleet, agentCount: number): Promise<readonly BenchAgent[]> {
  const untilMs = Date.now() - ENDED_HOURS_AGO * HOUR_MS;
  const fromMs = untilMs - LASTED_HOURS * HOUR_MS;
  const store = await openStore({ databaseUrl: fleet.postgres.url, applicationName: 'bench', log: QUIET });
  try {
    await store.migrate();
    await store.ensurePartitions(fromMs);
    const hashToken = tokenHasher(Buffer.from(fleet.masterKey, 'hex'));
    const { accountId } = await store.ensureFirstAccount({
      name: 'First account', keyHash: hashToken(fleet.apiKey), keyPrefix: maskToken(fleet.apiKey), scopes: SCOPES,
    });
    const codes = Array.from({ length: agentCount }, (_, index) => `loc-${index + 1}`);
    const locations = await store.ensureLocations(codes.map((code) => ({ code, name: code })));
    const checkIds = await createChecks(store, accountId, codes);
    await fleet.pool.query('update schedule_epochs set from_at = $1', [new Date(fromMs)]);
    await fleet.pool.query(`insert into schedule_epochs (account_id, check_id, from_at, interval_ms, strategy, location_order, active)
      select account_id, check_id, $1, interval_ms, strategy, location_order, false from schedule_epochs`, [new Date(untilMs)]);
    return await Promise.all(locations.map(async ({ id: locationId }) => {
      const key = mintToken('location', randomBytes);
      await store.createLocationKey(locationId, { id: randomUUID(), hash: hashToken(key), masked: maskToken(key) });
      return { key, owed: { accountId, checkIds, locationId, fromMs, untilMs } };
    }));
  } finally {
    await store.close();
  }
}

async function createChecks(store: Store, accountId: string, locations: readonly string[]): Promise<readonly string[]> {
  const parsed = parseCheck({
    name: 'redis', frequency: 0, frequencyOffset: INTERVAL_MS / 1000, runParallel: true, locations,
    request: { hostname: '127.0.0.1', port: 6379, data: 'PING\\r\\n', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'PONG' }] },
  });
  if (!parsed.ok) throw new Error(`the bench's check is not valid: ${JSON.stringify(parsed.problems)}`);
  const ids: string[] = [];
  for (let index = 0; index < CHECKS; index += 1) ids.push((await store.createCheck(accountId, randomUUID(), parsed.check, null)).id);
  return ids;
}
