import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '#coordinator/store/open-store.ts';
import { QUIET } from '#coordinator/store/testing/quiet.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';
import { isServerOf, readPidFile, waitUntil } from './postgres-process.ts';

/** Long enough for a busy machine; what is waited for is looked at every 20 ms. */
const SOON_MS = 20_000;

describe('the embedded Postgres', () => {
  let folder: string;
  let running: EmbeddedPostgres[];
  let children: ChildProcess[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sonde-embedded-'));
    chmodSync(folder, 0o711);
    running = [];
    children = [];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const postgres of running) await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(dataDir = join(folder, 'data'), options: { port?: number } = {}): Promise<EmbeddedPostgres> {
    const postgres = await startEmbeddedPostgres({ dataDir, sync: false, log: QUIET, ...options });
    running.push(postgres);
    return postgres;
  }

  /** Answers, and lets an ordinary role make the schema. */
  async function migrateOn(url: string): Promise<number> {
    const store = await openStore({ databaseUrl: url, log: QUIET, applicationName: 'test' });
    try {
      return (await store.migrate()).length;
    } finally {
      await store.close();
    }
  }

  async function answers(url: string): Promise<boolean> {
    return migrateOn(url).then(() => true, () => false);
  }

  const clusterOf = (dataDir: string): string => join(dataDir, 'postgres', 'data');

  /** A process of its own that starts Postgres and holds it until it is killed. */
  async function supervise(dataDir: string): Promise<{ supervisor: ChildProcess; pid: number; guardianPid: number }> {
    const script = join(folder, 'supervisor.ts');
    writeFileSync(script, `
      import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)};
      const log = { info() {}, warn() {} };
      const { pid, guardianPid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, sync: false, log });
      console.log(JSON.stringify({ pid, guardianPid }));
      setInterval(() => {}, 1000);`);
    const supervisor = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(supervisor);
    const [line] = (await once(supervisor.stdout!.setEncoding('utf8'), 'data')) as [string];
    return { supervisor, ...(JSON.parse(line) as { pid: number; guardianPid: number }) };
  }

  it('starts cold, stops, starts warm on the same port with its data', async () => {
    const dataDir = join(folder, 'data');
    const first = await start(dataDir);
    expect(await migrateOn(first.url)).toBeGreaterThan(0);
    await first.stop();
    expect(readPidFile(clusterOf(dataDir))).toBeNull();
    expect(isServerOf(first.pid, clusterOf(dataDir))).toBe(false);
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(await migrateOn(second.url)).toBe(0);
  });

  it('keeps its passwords to its user, and takes no other', async () => {
    const postgres = await start();
    expect(statSync(join(folder, 'data', 'postgres.json')).mode & 0o077).toBe(0);
    const wrong = new URL(postgres.url);
    wrong.password = 'guessed';
    await expect(openStore({ databaseUrl: wrong.href, log: QUIET, applicationName: 'test' })).rejects.toThrow("refuses the user 'sonde'");
  });

  it('refuses a second start on the same data directory', async () => {
    await start();
    await expect(start()).rejects.toThrow(`is in use by the process ${process.pid}`);
  });

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(start(join(folder, 'data'), { port })).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
    other.close();
  });

  it('says that the data directory is no folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(start(join(folder, 'file'))).rejects.toThrow('cannot be written: it is not a folder');
  });

  it('does not take a database of another version', async () => {
    const dataDir = join(folder, 'data');
    await (await start(dataDir)).stop();
    writeFileSync(join(clusterOf(dataDir), 'PG_VERSION'), '11\n');
    await expect(start(dataDir)).rejects.toThrow('was made by Postgres 11, and this is 18');
  });

  it('comes back by itself, under the same URL, when its server is killed', async () => {
    const postgres = await start();
    const killed = postgres.pid;
    process.kill(killed, 'SIGKILL');
    const isBack = (): boolean => {
      const seen = readPidFile(clusterOf(join(folder, 'data')));
      return seen?.isReady === true && seen.pid !== killed && seen.pid === postgres.pid;
    };
    expect(await waitUntil(isBack, SOON_MS)).toBe(true);
    expect(await answers(postgres.url)).toBe(true);
  });

  it('gets a new guardian for one that was killed', async () => {
    const postgres = await start();
    const killed = postgres.guardianPid!;
    process.kill(killed, 'SIGKILL');
    expect(await waitUntil(() => postgres.guardianPid !== undefined && postgres.guardianPid !== killed, SOON_MS)).toBe(true);
  });

  it('is stopped when its supervisor vanishes, and starts again', async () => {
    const dataDir = join(folder, 'data');
    const { supervisor, pid } = await supervise(dataDir);
    expect(isServerOf(pid, clusterOf(dataDir))).toBe(true);
    supervisor.kill('SIGKILL');
    expect(await waitUntil(() => !isServerOf(pid, clusterOf(dataDir)), SOON_MS)).toBe(true);
    expect(await answers((await start(dataDir)).url)).toBe(true);
  });

  it('replaces a server that nobody stopped, because supervisor and guardian were killed together', async () => {
    const dataDir = join(folder, 'data');
    const { supervisor, pid, guardianPid } = await supervise(dataDir);
    process.kill(guardianPid, 'SIGKILL');
    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    expect(isServerOf(pid, clusterOf(dataDir))).toBe(true);
    const postgres = await start(dataDir);
    expect(isServerOf(pid, clusterOf(dataDir))).toBe(false);
    expect(await answers(postgres.url)).toBe(true);
  });

  it('starts after everything was killed, leaving only the pid file', async () => {
    const dataDir = join(folder, 'data');
    const { supervisor, pid, guardianPid } = await supervise(dataDir);
    for (const one of [guardianPid, supervisor.pid!, pid]) process.kill(one, 'SIGKILL');
    await once(supervisor, 'exit');
    expect(existsSync(join(clusterOf(dataDir), 'postmaster.pid'))).toBe(true);
    expect(await answers((await start(dataDir)).url)).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)('as root lives where its user can enter when the data directory is closed to it', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const dataDir = join(closed, 'data');
    const postgres = await start(dataDir);
    const { outsideDir } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { outsideDir: string };
    try {
      expect(existsSync(clusterOf(dataDir))).toBe(false);
      expect(statSync(outsideDir).uid).not.toBe(0);
      expect(await answers(postgres.url)).toBe(true);
    } finally {
      await postgres.stop();
      rmSync(outsideDir, { recursive: true });
    }
  });
});
