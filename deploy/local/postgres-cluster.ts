/** Makes the cluster: once, whole or not at all. */
import { spawn } from 'node:child_process';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import type { Home } from './postgres-home.ts';
import { asUser, type ServerUser } from './postgres-user.ts';

/** True when it was made just now. */
export async function createCluster(on: { home: Home; user: ServerUser | null; binaries: Binaries }): Promise<boolean> {
  const { home, user, binaries } = on;
  const data = join(home.clusterDir, 'data');
  if (existsSync(data)) {
    refuseOtherVersion(data, binaries);
    return false;
  }
  // What an interrupted start left half made never has the final name.
  const partial = join(home.clusterDir, 'data.partial');
  const passwordFile = join(home.clusterDir, 'password');
  rmSync(partial, { recursive: true, force: true });
  writeFileSync(passwordFile, `${home.facts.superPassword}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    // The builtin locale exists on every system, so a cluster sorts the same on all of them.
    await run(binaries.initdb, [
      `--pgdata=${partial}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8',
      '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-sync', '--no-instructions',
    ], user);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, data);
  return true;
}

/** A new cluster was made without waiting for the disk (1 s instead of 3 s): that is made up for in the background. */
export function syncLater(binaries: Binaries, data: string, user: ServerUser | null): void {
  const AFTER_THE_FIRST_RESULTS_MS = 10_000;
  setTimeout(() => {
    spawn(binaries.initdb, ['--sync-only', `--pgdata=${data}`], { ...asUser(user), stdio: 'ignore', detached: true }).on('error', () => {}).unref();
  }, AFTER_THE_FIRST_RESULTS_MS).unref();
}

function refuseOtherVersion(data: string, binaries: Binaries): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const wanted = binaries.version.split('.')[0];
  if (found !== wanted) {
    throw new EmbeddedPostgresError(`the database in ${data} was made by Postgres ${found}, and this is ${wanted}; move the data over with pg_upgrade or pg_dump, or choose another data directory`);
  }
}

function run(program: string, parameters: readonly string[], user: ServerUser | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { ...asUser(user), stdio: ['ignore', 'ignore', 'pipe'], env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' } });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4_000); });
    child.on('error', (cause) => reject(new EmbeddedPostgresError(`${program} cannot be started: ${cause.message}`, { cause })));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new EmbeddedPostgresError(`Postgres could not make its database: ${said.trim() || `exit code ${code}`}`))));
  });
}
