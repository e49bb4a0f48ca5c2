/** `sonde up` as a person meets it: everything from one command, everything gone with it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest';
import { closedPort } from '../local/ports.ts';
import { Api } from './testing/api.ts';
import { eventually } from './testing/eventually.ts';
import { NodeProcess } from './testing/node-process.ts';
import { processesOf } from './testing/processes-of.ts';

type Line = { readonly event?: string; readonly apiUrl?: string; readonly result?: { readonly name: string; readonly tcpCheckResult: { readonly outcome: string } } };

const FIRST_CHECKS = ['a closed port', 'own API', 'own Postgres', 'own fleet port'];

let dir: string;
let dataDir: string;
let started: NodeProcess[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-up-'));
  chmodSync(dir, 0o711); // As root the server is another user's.
  dataDir = join(dir, 'data');
  started = [];
  onTestFailed(() => { for (const { name, output } of started) console.error(`--- ${name}\n${output}`); });
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await eventually('everything to be gone', async () => processesOf(dataDir).length === 0, { withinMs: 20_000 });
  rmSync(dir, { recursive: true, force: true });
});

function up(env: Readonly<Record<string, string>> = {}, args: readonly string[] = ['--json']): NodeProcess {
  const process = new NodeProcess({
    name: 'sonde up', args: ['up', ...args], as: 'terminal',
    env: { SONDE_DATA_DIR: dataDir, SONDE_HTTP_PORT: '0', SONDE_FLEET_PORT: '0', ...env },
  });
  started.push(process);
  return process;
}

function linesOf({ output }: NodeProcess): readonly Line[] {
  return output.split('\n').flatMap((text): Line[] => {
    try {
      return [JSON.parse(text) as Line];
    } catch {
      return [];
    }
  });
}

/** The API's address, once everything runs. */
function readyUrl(process: NodeProcess): Promise<string> {
  return eventually('sonde up to be ready', async () => {
    if (!process.isRunning) throw new Error(`sonde up ended: ${process.output}`);
    return linesOf(process).find(({ event }) => event === 'ready')?.apiUrl;
  }, { withinMs: 60_000 });
}

function resultsShown(process: NodeProcess): ReadonlyMap<string, string> {
  return new Map(linesOf(process).flatMap(({ event, result }) => (event === 'result' && result ? [[result.name, result.tcpCheckResult.outcome] as const] : [])));
}

function api(url: string): Api {
  return new Api(url, readFileSync(join(dataDir, 'api-key'), 'utf8').trim());
}

test('an empty folder becomes a running fleet with results of its own services; Ctrl-C ends all of it, and a second start has kept everything', async () => {
  const first = up();
  const firstUrl = await readyUrl(first);
  await eventually('a result of each first check', async () => FIRST_CHECKS.every((name) => resultsShown(first).has(name)), { withinMs: 30_000 });
  expect([...resultsShown(first).values()]).toEqual(FIRST_CHECKS.map(() => 'passed'));
  const checks = await api(firstUrl).must<readonly { id: string; name: string }[]>('GET', '/v1/checks');
  expect(checks.map(({ name }) => name).sort()).toEqual([...FIRST_CHECKS].sort());
  const [seen] = await api(firstUrl).must<readonly { id: string }[]>('GET', `/v1/check-results/${checks[0]!.id}`);
  expect(processesOf(dataDir).length).toBeGreaterThan(4);

  first.signal('SIGINT');
  expect(await first.ended).toEqual({ code: 0, signal: null });
  expect(processesOf(dataDir)).toEqual([]);

  const second = up();
  const again = api(await readyUrl(second));
  expect((await again.must<readonly { id: string }[]>('GET', '/v1/checks')).map(({ id }) => id).sort()).toEqual(checks.map(({ id }) => id).sort());
  expect(await again.must('GET', `/v1/check-results/${checks[0]!.id}/${seen!.id}`)).toMatchObject({ id: seen!.id });
  second.signal('SIGINT');
  expect(await second.ended).toEqual({ code: 0, signal: null });
  expect(processesOf(dataDir)).toEqual([]);
});

test('nothing is left running when `sonde up` itself is killed −9, and the next start comes up on what it left', async () => {
  const killed = up();
  await readyUrl(killed);
  const left = processesOf(dataDir).filter((pid) => pid !== killed.pid);
  expect(left.length).toBeGreaterThan(3);
  await killed.kill9();
  await eventually('coordinator, agents and Postgres to notice', async () => processesOf(dataDir).length === 0, { withinMs: 20_000 });

  const next = up();
  expect(await api(await readyUrl(next)).must<readonly unknown[]>('GET', '/v1/checks')).toHaveLength(FIRST_CHECKS.length);
  next.signal('SIGTERM');
  expect((await next.ended).code).toBe(0);
});

/** One clear sentence on stderr, and the exit code. */
async function refusalOf(process: NodeProcess): Promise<{ code: number | null; said: string }> {
  const { code } = await process.ended;
  expect(process.output).not.toMatch(/^\s+at /m);
  expect(process.output).not.toContain('node:internal');
  return { code, said: process.output.trim() };
}

test('a port that is taken is told with the setting that chooses another', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => { taken.listen(0, '127.0.0.1', resolve); });
  const { port } = taken.address() as AddressInfo;
  try {
    const { code, said } = await refusalOf(up({ SONDE_HTTP_PORT: String(port) }, []));
    expect(code).toBe(2);
    expect(said).toMatch(new RegExp(`port ${port} on 127\\.0\\.0\\.1.* is already taken\\..*SONDE_HTTP_PORT`));
  } finally {
    await new Promise((resolve) => { taken.close(resolve); });
  }
});

test('a data directory that cannot be written is told by its path', async () => {
  const file = join(dir, 'a-file');
  writeFileSync(file, '');
  const { code, said } = await refusalOf(up({ SONDE_DATA_DIR: join(file, 'data') }, []));
  expect(code).toBe(2);
  expect(said).toMatch(/the data directory .*a-file\/data cannot be written: .*SONDE_DATA_DIR/);
});

test('a DATABASE_URL where nothing answers is told without its password', async () => {
  const port = await closedPort();
  const { code, said } = await refusalOf(up({ DATABASE_URL: `postgres://sonde:hunter2@127.0.0.1:${port}/sonde` }, []));
  expect(code).toBe(69);
  expect(said).toMatch(/the database .*127\.0\.0\.1.* cannot be .*DATABASE_URL/);
  expect(said).not.toContain('hunter2');
});

test('a DATABASE_URL that is none is told as a wrong setting', async () => {
  const { code, said } = await refusalOf(up({ DATABASE_URL: 'mysql://127.0.0.1/sonde' }, []));
  expect(code).toBe(2);
  expect(said).toContain('DATABASE_URL');
});
