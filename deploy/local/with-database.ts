import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import { coordinatorSettings } from '#coordinator/config.ts';
import { type Environment, givenText, readSettings } from '#shared/settings/read-settings.ts';
import { settingsProblem } from '../cli/cli-settings.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { FACTS_FILE, type HomeFacts } from './postgres-home.ts';

const ANSWER_WITHIN_MS = 1_000;

/** The database of an installation: DATABASE_URL, or the one in the data directory, which is started for this if it does not run. */
export async function withDatabase<T>(env: Environment, work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const { databaseUrl, dataDir } = coordinatorSettings;
  if (givenText(env, databaseUrl.variable) !== null) {
    const read = readSettings({ databaseUrl }, env);
    if (!read.ok) throw settingsProblem(read.problems);
    return work(read.settings.databaseUrl.reveal());
  }
  const read = readSettings({ dataDir }, env);
  if (!read.ok) throw settingsProblem(read.problems);
  const running = await runningUrl(read.settings.dataDir);
  if (running !== null) return work(running);
  const postgres = await startEmbeddedPostgres({ dataDir: read.settings.dataDir, log: { info() {}, warn() {} } });
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** Where the data directory's own server answers; null when it does not run. */
async function runningUrl(dataDir: string): Promise<string | null> {
  const text = await readFile(join(dataDir, FACTS_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  const { port, password } = JSON.parse(text) as HomeFacts;
  if (port === null || !await answers(port)) return null;
  return `postgres://sonde:${password}@127.0.0.1:${port}/sonde`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (does: boolean): void => { socket.destroy(); resolve(does); };
    socket.setTimeout(ANSWER_WITHIN_MS, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
