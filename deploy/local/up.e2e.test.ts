import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './ports.ts';

const ENTRY = fileURLToPath(new URL('../cli/sonde.js', import.meta.url));

type UpEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** `sonde up --json` in a process of its own, and what it said so far. */
class Up {
  readonly child: ChildProcess;
  readonly events: UpEvent[] = [];
  readonly ended: Promise<number | null>;
  stderr = '';
  #onEvent: (() => void)[] = [];

  constructor(env: Record<string, string | undefined>) {
    this.child = spawn(process.execPath, [ENTRY, 'up', '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.stderr += chunk.toString(); });
    if (this.child.stdout) {
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        this.events.push(JSON.parse(line) as UpEvent);
        this.#wake();
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => { this.#wake(); return code as number | null; });
  }

  /** The first thing that `pick` finds in what is said; fails when it ends without. */
  async until<T>(pick: (events: readonly UpEvent[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = pick(this.events);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`ended: ${this.stderr}${JSON.stringify(this.events.at(-1))}`);
      await new Promise<void>((resolve) => this.#onEvent.push(resolve));
    }
  }

  ready(): Promise<UpEvent> {
    return this.until((events) => events.find(({ event }) => event === 'ready'));
  }

  #wake(): void {
    this.#onEvent.splice(0).forEach((wake) => wake());
  }
}

let dir: string;
let env: Record<string, string | undefined>;
let started: Up[] = [];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-up-'));
  const { DATABASE_URL: _none, SONDE_TEST_LONG: __none, ...inherited } = process.env;
  env = {
    ...inherited, SONDE_DATA_DIR: join(dir, 'data'),
    SONDE_HTTP_PORT: String(await freePort('127.0.0.1')), SONDE_FLEET_PORT: String(await freePort('127.0.0.1')),
  };
});
afterEach(async () => {
  for (const up of started.splice(0)) {
    if (up.child.exitCode === null) up.child.kill('SIGTERM');
    await up.ended;
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function start(changes: Record<string, string> = {}): Up {
  const up = new Up({ ...env, ...changes });
  started.push(up);
  return up;
}

function outcomesOf(events: readonly UpEvent[]): Map<string, string> {
  const results = events.filter(({ event }) => event === 'result').map(({ result }) => result as { name: string; tcpCheckResult: { outcome: string } });
  return new Map(results.map(({ name, tcpCheckResult }) => [name, tcpCheckResult.outcome]));
}

describe('sonde up', () => {
  it('shows results of four checks, keeps its secrets to its owner, stops by Ctrl-C, and keeps all for a warm second start', async () => {
    const up = start();
    const { apiUrl, keyFile, fleet } = await up.ready() as unknown as { apiUrl: string; keyFile: string; fleet: { port: number; caFile: string } };
    expect(await speaksTls(fleet.port, readFileSync(fleet.caFile))).toBe(true);
    const outcomes = await up.until((events) => (outcomesOf(events).size >= 4 ? outcomesOf(events) : undefined));
    expect(Object.fromEntries(outcomes)).toEqual({ 'own Postgres': 'passed', 'own API': 'passed', 'own fleet port': 'passed', 'a closed port': 'passed' });
    for (const file of ['api-key', 'master.key', 'location-keys.json', 'tls/ca.key', 'tls/fleet.key']) expect(statSync(join(dir, 'data', file)).mode & 0o777).toBe(0o600);
    const headers = { authorization: `Bearer ${readFileSync(keyFile, 'utf8').trim()}` };
    const idsAt = async (): Promise<string[]> => ((await (await fetch(`${apiUrl}/v1/checks`, { headers })).json()) as { id: string }[]).map(({ id }) => id).sort();
    const before = await idsAt();

    up.child.kill('SIGINT');
    expect(await up.ended).toBe(0);
    expect(up.events.at(-1)?.event).toBe('stopped');
    await expect(fetch(apiUrl)).rejects.toThrow();

    const again = start();
    await again.ready();
    expect(await idsAt()).toEqual(before);
    expect(again.events.map(({ step }) => step)).not.toContain('creating the first checks');

    const second = start();
    expect(await second.ended).toBe(2);
    expect(second.events).toEqual([{ error: expect.objectContaining({ message: expect.stringContaining('is in use by another `sonde up` (process ') }) }]);
  });

  it('leaves nothing behind when it is killed, and starts again', async () => {
    const up = start();
    await up.ready();
    const pids = JSON.parse(readFileSync(join(dir, 'data', 'processes.json'), 'utf8')) as number[];
    expect(pids).toHaveLength(3);
    up.child.kill('SIGKILL');
    await up.ended;
    const again = start();
    await again.ready();
    expect(pids.filter(isRunning)).toEqual([]);
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
    expect(existsSync(join(dir, 'data', 'processes.json'))).toBe(false);
  });

  it('starts an agent again that was killed', async () => {
    const up = start();
    await up.ready();
    const pids = JSON.parse(readFileSync(join(dir, 'data', 'processes.json'), 'utf8')) as number[];
    process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    await up.until((events) => events.find(({ message }) => /^the agent local-\d runs again/.test(String(message))));
  });

  it('names the setting of a port that is taken', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as AddressInfo;
    const up = start({ SONDE_FLEET_PORT: String(port) });
    expect(await up.ended).toBe(2);
    expect(up.events.at(-1)).toMatchObject({ error: { message: expect.stringMatching(new RegExp(`${port}.*taken.*SONDE_FLEET_PORT`)) } });
    occupant.close();
  });

  it.each([
    [{ SONDE_HTTP_PORT: '70000' }, "SONDE_HTTP_PORT is '70000' but must be a port"],
    [{ SONDE_DATA_DIR: '/proc/nowhere' }, 'the data directory /proc/nowhere cannot be written'],
    [{ DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/nothing' }, 'the database postgres://nobody:redacted@127.0.0.1:1/nothing cannot be used: the connection was refused'],
  ])('with %j says what is wrong in a sentence', async (changes, sentence) => {
    const up = start(changes);
    expect(await up.ended).toBeGreaterThan(0);
    expect(up.events.at(-1)).toMatchObject({ error: { message: expect.stringContaining(sentence) } });
    expect(up.stderr).toBe('');
  });
});

/** Does the port show a certificate that this authority vouches for? */
function speaksTls(port: number, ca: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ALPNProtocols: ['h2'] }, () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
