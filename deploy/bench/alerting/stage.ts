/** What the bench plays on: checks in every location, webhooks to a sink, commit times kept by Postgres itself. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { maskToken, mintToken, tokenHasher } from '#coordinator/api/keys.ts';
import { SCOPES } from '#coordinator/api/scopes.ts';
import { openStore, type Store } from '#coordinator/store/open-store.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { eventually } from '../../e2e/testing/eventually.ts';
import type { Fleet } from '../../e2e/testing/fleet.ts';
import type { LiveAgent } from './live-agents.ts';

export const INTERVAL_MS = 10_000;
const QUIET = { info() {}, warn() {} };

/** `fromMs`: when the first slots are due. */
export type Stage = { readonly accountId: string; readonly checkIds: readonly string[]; readonly agents: readonly LiveAgent[]; readonly fromMs: number };

/** For the coordinator's start, channels and sessions. */
const BEGIN_AFTER_MS = 45_000;

/** Before the coordinator starts: it reads the schedule then. */
export async function prepareStage(fleet: Fleet, { checks, locations }: { readonly checks: number; readonly locations: number }): Promise<Stage> {
  await keepCommitTimes(fleet);
  const store = await openStore({ databaseUrl: fleet.postgres.url, applicationName: 'bench', log: QUIET });
  try {
    await store.migrate();
    const hashToken = tokenHasher(Buffer.from(fleet.masterKey, 'hex'));
    const { accountId } = await store.ensureFirstAccount({ name: 'First account', keyHash: hashToken(fleet.apiKey), keyPrefix: maskToken(fleet.apiKey), scopes: SCOPES });
    const codes = Array.from({ length: locations }, (_, index) => `loc-${index + 1}`);
    const made = await store.ensureLocations(codes.map((code) => ({ code, name: code })));
    const agents = await Promise.all(made.map(async ({ id: locationId }) => {
      const key = mintToken('location', randomBytes);
      await store.createLocationKey(locationId, { id: randomUUID(), hash: hashToken(key), masked: maskToken(key) });
      return { key, locationId };
    }));
    const checkIds = await createChecks(store, accountId, { checks, codes });
    // No slot was owed before anybody could run it: a judge goes through what is open again and again.
    const fromMs = Date.now() + BEGIN_AFTER_MS;
    await fleet.pool.query('update schedule_epochs set from_at = $1', [new Date(fromMs)]);
    return { accountId, agents, checkIds, fromMs };
  } finally {
    await store.close();
  }
}

/** When a row was committed is then known to the µs, by the server's own clock. It has to start anew for that. */
async function keepCommitTimes({ postgres, pool }: Fleet): Promise<void> {
  const superuser = new Client({ connectionString: postgres.superUrl });
  superuser.on('error', () => {}); // It is cut off on purpose.
  await superuser.connect();
  await superuser.query('alter system set track_commit_timestamp = on');
  process.kill(postgres.pid, 'SIGINT');
  await superuser.end().catch(() => {});
  await eventually('Postgres to keep commit times', () => pool.query('show track_commit_timestamp').then(({ rows }) => rows[0].track_commit_timestamp === 'on', () => false), { withinMs: 30_000 });
}

async function createChecks(store: Store, accountId: string, { checks, codes }: { readonly checks: number; readonly codes: readonly string[] }): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < checks; index += 1) {
    const parsed = parseCheck({
      name: `check ${index}`, frequency: 0, frequencyOffset: INTERVAL_MS / 1000, runParallel: true, locations: codes,
      request: { hostname: '127.0.0.1', port: 6379, data: 'PING\\r\\n', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS', target: 'PONG' }] },
    });
    if (!parsed.ok) throw new Error(`the bench's check is not valid: ${JSON.stringify(parsed.problems)}`);
    ids.push((await store.createCheck(accountId, randomUUID(), parsed.check, null)).id);
  }
  return ids;
}

/** Each check's notices go to one of so many webhooks: one alone takes a notice every two seconds, after the first twenty. */
export async function subscribe(fleet: Fleet, stage: Stage, { channels, url }: { readonly channels: number; readonly url: string }): Promise<void> {
  for (let index = 0; index < channels; index += 1) {
    const subscriptions = stage.checkIds.filter((_, at) => at % channels === index).map((checkId) => ({ checkId, activated: true }));
    await fleet.api.must('POST', '/v1/alert-channels', { type: 'WEBHOOK', config: { name: `sink ${index}`, url }, sendFailure: true, sendRecovery: true, sendDegraded: false, subscriptions });
  }
}
