/**
 * A backup is taken of a running fleet, the fleet runs on, and the backup is put back while its agents go on (F29):
 * no slot may be missing, and what was lost must say so.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { aCheckBody } from './testing/api.ts';
import { eventually, pause } from './testing/eventually.ts';
import { Fleet } from './testing/fleet.ts';
import { startLoggedTarget } from './testing/logged-target.ts';
import { NodeProcess } from './testing/node-process.ts';

/** Slots are every 10 s: each stretch has some, of each check. */
const STRETCH_MS = 12_000;
const CHECKS = 6;

type Books = { readonly due: number; readonly results: number; readonly pending: number; readonly missing: number };

let fleet: Fleet | undefined;
const ids: string[] = [];

beforeAll(async () => {
  fleet = await Fleet.open();
});
afterAll(() => fleet?.end());

async function sonde(of: Fleet, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const command = new NodeProcess({ name: args[0]!, args: [...args, '--json'], as: 'terminal', env: { DATABASE_URL: of.postgres.url } });
  const { code } = await command.ended;
  if (code !== 0) throw new Error(`sonde ${args.join(' ')} exited with ${code}\n${command.output}`);
  return JSON.parse(command.output) as Record<string, unknown>;
}

test('put back under running agents, the backup leaves results and gaps of reason restored, and nothing missing', { timeout: 180_000, retry: 0 }, async () => {
  const of = fleet!;
  onTestFailed(() => console.error(of.logs()));
  const coordinator = await of.startCoordinator();
  await of.startLocations(['loc-1', 'loc-2']);
  const target = await startLoggedTarget();
  of.onEnd(() => target.close());
  for (let index = 0; index < CHECKS; index += 1) {
    ids.push((await of.api.must<{ id: string }>('POST', '/v1/checks/tcp', aCheckBody(target.port, { name: `check ${index}`, runParallel: index % 2 === 0, locations: ['loc-1', 'loc-2'] }))).id);
  }
  await pause(STRETCH_MS);
  const dir = join(of.dir, 'backup');
  await sonde(of, 'backup', dir);
  const takenAtMs = Date.now();
  await pause(STRETCH_MS);
  await coordinator.kill9();
  const { from, to } = await sonde(of, 'restore', dir, '--replace') as { from: string; to: string };
  expect([Date.parse(from) <= takenAtMs, Date.parse(to) > takenAtMs]).toEqual([true, true]);
  // Agents run on meanwhile, and deliver what they saw.
  await of.startCoordinator();
  const restartedAtMs = Date.now();

  const booksOf = (id: string, toMs: number) => of.api.must<Books>('GET', `/v1/checks/${id}/completeness?from=${from}&to=${new Date(toMs).toISOString()}`);
  await eventually('results after the restore', async () => {
    const { rows: [row] } = await of.pool.query('select count(distinct check_id)::integer as n from results where due_at > $1 and is_final', [new Date(restartedAtMs)]);
    return row.n === CHECKS;
  }, { withinMs: 60_000, everyMs: 500 });
  await eventually('the span of the restore to be closed', async () => {
    const books = await Promise.all(ids.map((id) => booksOf(id, Date.parse(to))));
    return books.every(({ pending }) => pending === 0);
  }, { withinMs: 90_000, everyMs: 1_000 });

  const books = await Promise.all(ids.map((id) => booksOf(id, Date.parse(to))));
  expect(books.map(({ missing, due, results }) => ({ missing, lostSome: results < due }))).toEqual(ids.map(() => ({ missing: 0, lostSome: true })));
  const { rows: gaps } = await of.pool.query<{ reason: string; n: number }>('select reason, count(*)::integer as n from gaps where due_at >= $1 and due_at < $2 group by reason', [from, to]);
  expect(gaps.find(({ reason }) => reason === 'restored')!.n).toBeGreaterThanOrEqual(CHECKS);
  expect(gaps.filter(({ reason }) => reason === 'agent_lost' || reason === 'no_agent')).toEqual([]);
  const { rows: twice } = await of.pool.query(`select run_id from results where is_final and not is_surplus and trigger in ('schedule', 'retry') group by account_id, run_id having count(*) > 1`);
  expect(twice).toEqual([]);
});
