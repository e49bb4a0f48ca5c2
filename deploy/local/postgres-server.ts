/** Starts one server process and waits until it is ready. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Binaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { readPidFile, waitUntil } from './postgres-process.ts';
import { asUser, type ServerUser } from './postgres-user.ts';

export type Launch = {
  readonly binaries: Binaries;
  readonly user: ServerUser | null;
  readonly clusterData: string;
  readonly port: number;
  readonly logFile: string;
  readonly isDurable: boolean;
  readonly maxConnections: number;
  /** At once, before it is ready. */
  readonly onSpawn: (server: ChildProcess) => void;
};

/** Crash recovery of a small cluster takes seconds; a minute is a cluster that does not come up. */
const READY_WITHIN_MS = 60_000;
const LOG_BYTES_MAX = 4 * 1024 * 1024;
const MB = 2 ** 20;
/** Of its own memory, which it takes as it needs it: an eighth of the machine's, so that the hours of ten million results, 1.5 GB, stay where 12 GB are. */
const [BUFFERS_MB_MIN, BUFFERS_MB_MAX] = [64, 4_096];

export async function launchServer(launch: Launch): Promise<ChildProcess> {
  const log = openLog(launch.logFile);
  const server = spawn(launch.binaries.postgres, ['-D', launch.clusterData, ...settingsFor(launch).flatMap((setting) => ['-c', setting])], {
    ...asUser(launch.user),
    stdio: ['ignore', 'ignore', log.fd],
    // Its own session: Ctrl-C in our terminal must not stop it before its clients are done.
    detached: true,
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
  });
  closeSync(log.fd);
  let failure: string | null = null;
  server.once('error', (error) => { failure = error.message; });
  server.once('exit', (code, signal) => { failure = `it ended with ${signal ?? `exit code ${code}`}`; });
  server.unref();
  launch.onSpawn(server);

  const isReady = (): boolean => {
    const seen = readPidFile(launch.clusterData);
    return seen?.pid === server.pid && seen?.isReady === true;
  };
  const hasSettled = await waitUntil(() => failure !== null || isReady(), READY_WITHIN_MS);
  if (failure === null && hasSettled) return server;
  throw new EmbeddedPostgresError(`Postgres did not start on 127.0.0.1:${launch.port}: ${failure ?? 'it was not ready in time'}.${lastWords(launch.logFile, log.startsAt)}`);
}

function settingsFor(launch: Launch): string[] {
  return [
    'listen_addresses=127.0.0.1', `port=${launch.port}`, 'unix_socket_directories=',
    `max_connections=${launch.maxConnections}`, ...memorySettings(Math.min(totalmem(), process.constrainedMemory() || Infinity)),
    // Few checkpoints while much is written: after each, every page that is touched is logged whole.
    'max_wal_size=2GB', 'min_wal_size=64MB', 'wal_level=minimal',
    'max_wal_senders=0', 'max_worker_processes=4', 'max_parallel_workers_per_gather=0', 'jit=off', 'io_method=sync',
    'timezone=UTC', 'log_timezone=UTC', 'log_min_messages=warning', 'password_encryption=scram-sha-256',
    ...(launch.isDurable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
}

function memorySettings(bytes: number): string[] {
  const buffersMb = Math.floor(Math.min(BUFFERS_MB_MAX, Math.max(BUFFERS_MB_MIN, bytes / 8 / MB)));
  return [`shared_buffers=${buffersMb}MB`, `effective_cache_size=${Math.max(buffersMb, Math.floor(bytes / 2 / MB))}MB`];
}

function openLog(path: string): { fd: number; startsAt: number } {
  if (existsSync(path) && statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  return { fd, startsAt: statSync(path).size };
}

/** What the server itself said about why. */
function lastWords(path: string, startsAt: number): string {
  const said = readFileSync(path).subarray(startsAt).toString('utf8').trim().split('\n').slice(-3).join(' ');
  return said ? ` It said: ${said}` : ` See ${path}`;
}
