/**
 * A real Postgres of our own for `npm start` and the tests. Its life:
 * locked data directory → leftovers of a killed start stopped → cluster made once → server up (again and again, if
 * it is killed) → stopped, by us or, when we vanish, by the guardian.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { provisionDatabase } from '#coordinator/store/provision.ts';
import type { Log } from '#shared/log.ts';
import type { ExclusiveFile } from './exclusive-file.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { findBinaries, type Binaries } from './postgres-binaries.ts';
import { createCluster, syncLater } from './postgres-cluster.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { keepGuardian, type Guard } from './postgres-guard.ts';
import { openHome, sharedFolder, writeFacts, type Home } from './postgres-home.ts';
import { choosePort } from './postgres-port.ts';
import { killOrphans, readPidFile, stopServer } from './postgres-process.ts';
import { launchServer } from './postgres-server.ts';
import { findServerUser, type ServerUser } from './postgres-user.ts';

export type EmbeddedPostgresOptions = {
  readonly dataDir: string;
  /** Left out: that of the last start if it is free, else any free one. */
  readonly port?: number;
  /** false: faster, and a crash of the machine loses data. For tests. */
  readonly sync?: boolean;
  /** true: the data directory is removed with the server. For tests. */
  readonly isEphemeral?: boolean;
  readonly maxConnections?: number;
  readonly log: Pick<Log, 'info' | 'warn'>;
};

export type EmbeddedPostgres = {
  /** Of the database `sonde`, as its owner, an ordinary role. Contains the password. */
  readonly url: string;
  /** The same server as superuser, database `postgres`. */
  readonly superUrl: string;
  readonly port: number;
  /** Of the server that runs now; it changes when the server was killed. */
  readonly pid: number;
  readonly guardianPid: number | undefined;
  /** Resolves when server and guardian are gone. May be called again. */
  stop(): Promise<void>;
};

/** Waits before the server is started again after it ended by itself; the last one repeats. */
const RESTART_AFTER_MS = [100, 500, 1_000, 2_000, 5_000];

/** Throws `EmbeddedPostgresError`, whose message is a sentence for the person at the terminal. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = findServerUser();
  const home = openHome(options.dataDir, user);
  const lock = lockDataDir(home);
  const running = new RunningPostgres({ options, user, home, lock, binaries: findBinaries(user, sharedFolder) });
  try {
    await running.start();
    return running;
  } catch (cause) {
    await running.stop();
    throw cause;
  }
}

type Setting = { options: EmbeddedPostgresOptions; user: ServerUser | null; home: Home; lock: ExclusiveFile; binaries: Binaries };

class RunningPostgres implements EmbeddedPostgres {
  readonly #setting: Setting;
  #clusterData = '';
  #port = 0;
  #guard: Guard | null = null;
  #server: ChildProcess | null = null;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get url(): string {
    return this.#urlOf('sonde', this.#setting.home.facts.password, 'sonde');
  }

  get superUrl(): string {
    return this.#urlOf('postgres', this.#setting.home.facts.superPassword, 'postgres');
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#server?.pid ?? 0;
  }

  get guardianPid(): number | undefined {
    return this.#guard?.guardianPid;
  }

  async start(): Promise<void> {
    const { options, user, home, binaries } = this.#setting;
    const data = join(home.clusterDir, 'data');
    if (existsSync(data)) await this.#stopLeftover(realpathSync(data));
    const isNew = await createCluster({ home, user, binaries });
    this.#clusterData = realpathSync(data);
    this.#port = await choosePort(options.port, home.facts.port);
    this.#guard = keepGuardian(this.#clusterData, options.isEphemeral ? this.#folders() : []);
    await this.#launch();
    await provisionDatabase(this.superUrl, { role: 'sonde', password: home.facts.password, database: 'sonde' });
    writeFacts(home, { ...home.facts, port: this.#port });
    if (isNew && options.sync !== false) syncLater(binaries, this.#clusterData, user);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    const pid = this.#server?.pid;
    if (pid !== undefined) await stopServer(pid, this.#clusterData);
    await this.#guard?.dismiss();
    this.#setting.lock.release();
    if (this.#setting.options.isEphemeral) for (const folder of this.#folders()) rmSync(folder, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const { options, user, binaries, home } = this.#setting;
    const server = await launchServer({
      binaries, user, clusterData: this.#clusterData, port: this.#port, logFile: join(home.dataDir, 'postgres.log'),
      isDurable: options.sync !== false, maxConnections: options.maxConnections ?? 50,
      onSpawn: (child) => {
        this.#server = child;
        if (child.pid !== undefined) this.#guard?.watch(child.pid);
      },
    });
    // It may have ended between being ready and now.
    if (server.exitCode !== null || server.signalCode !== null) this.#restart();
    else server.once('exit', () => this.#restart());
  }

  /** The server ended and nobody asked it to. */
  #restart(): void {
    if (this.#stopping) return;
    const waitMs = RESTART_AFTER_MS[Math.min(this.#restarts, RESTART_AFTER_MS.length - 1)] ?? 5_000;
    this.#restarts += 1;
    this.#setting.options.log.warn(`Postgres ended by itself; starting it again in ${waitMs} ms`);
    this.#restartTimer = setTimeout(() => {
      killOrphans(this.#clusterData);
      this.#launch().then(
        () => { this.#restarts = 0; this.#setting.options.log.info('Postgres runs again'); },
        (error: unknown) => { this.#setting.options.log.warn(String(error)); this.#restart(); },
      );
    }, waitMs);
  }

  /** A start that was killed leaves its server running, or its backends, or only its pid file. */
  async #stopLeftover(clusterData: string): Promise<void> {
    const left = readPidFile(clusterData);
    if (left && !(await stopServer(left.pid, clusterData))) {
      throw new EmbeddedPostgresError(`the Postgres of an earlier start (process ${left.pid}) cannot be stopped; end it, then start again`);
    }
    killOrphans(clusterData);
    rmSync(join(clusterData, 'postmaster.pid'), { force: true });
  }

  #folders(): string[] {
    return [this.#setting.home.clusterDir, this.#setting.home.dataDir];
  }

  #urlOf(role: string, password: string, database: string): string {
    return `postgres://${role}:${password}@127.0.0.1:${this.#port}/${database}`;
  }
}
