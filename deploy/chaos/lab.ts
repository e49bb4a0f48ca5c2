/**
 * The world that faults strike: a durable Postgres, two coordinators, locations with two agents each, every agent
 * behind a line of its own to the coordinators, targets that keep who connected when. Real processes, real sockets.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { mintToken } from '#coordinator/api/keys.ts';
import { SUPERVISED_FLAG } from '../cli/program.ts';
import { Api } from '../e2e/testing/api.ts';
import { eventually, pause } from '../e2e/testing/eventually.ts';
import { NodeProcess } from '../e2e/testing/node-process.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../local/embedded-postgres.ts';
import { freePort } from '../local/ports.ts';
import type { Troubles } from './bystanders.ts';
import { FaultProxy } from './fault-proxy.ts';
import { openNoticeSink, type NoticeSink } from './notice-sink.ts';
import { openTargets, type Targets } from './targets.ts';

export type LabOptions = {
  readonly locations: number;
  readonly agentsEach: number;
  readonly coordinators: number;
  readonly checks: number;
  /** What happens, line by line. */
  readonly say: (what: string) => void;
};

export type LabCoordinator = { readonly index: number; readonly httpPort: number; readonly fleetPort: number; readonly api: Api; process: NodeProcess | null };
export type LabAgent = {
  readonly name: string;
  readonly location: string;
  readonly line: FaultProxy;
  readonly dataDir: string;
  readonly journal: string;
  readonly locationKey: string;
  process: NodeProcess | null;
  /** When it was killed, stopped or suspended, ms since the epoch. */
  readonly troublesAtMs: number[];
};

const AGENT_MAIN = fileURLToPath(new URL('./journaled-agent.ts', import.meta.url));
const LOOPBACK = '127.0.0.0/8,::1/128';
const LOG_CHARS_SHOWN = 3_000;
/** Room for slow machines; a limit near it would only measure the machine. */
const MAX_RESPONSE_TIME_MS = 5_000;
export const DOWN_CHECK_NAME = 'goes down';
const STARTS_MAX = 15;
const START_AGAIN_MS = 1_000;

export class Lab {
  readonly options: LabOptions;
  readonly dir: string;
  readonly postgres: EmbeddedPostgres;
  readonly pool: Pool;
  readonly apiKey = mintToken('account', randomBytes);
  readonly coordinators: LabCoordinator[] = [];
  readonly agents: LabAgent[] = [];
  readonly locationCodes: string[] = [];
  /** Check ids in order of the number they send. */
  readonly checkIds: string[] = [];
  readonly targets: Targets;
  /** Of one more check, which is to go down for real. */
  readonly downTargets: Targets;
  readonly sink: NoticeSink;
  /** The lab's own, by id: how they stand at the end is looked at. */
  readonly judgedChecks = new Set<string>();
  /** Being killed and started again just now. */
  readonly dying = new Set<LabAgent | LabCoordinator>();
  /** Journals of agents that are gone for good. */
  readonly pastJournals: string[] = [];
  readonly #masterKey = randomBytes(32).toString('hex');
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #past: NodeProcess[] = [];

  private constructor(options: LabOptions, at: { dir: string; postgres: EmbeddedPostgres; targets: Targets; downTargets: Targets; sink: NoticeSink }) {
    this.options = options;
    this.dir = at.dir;
    this.postgres = at.postgres;
    this.targets = at.targets;
    this.downTargets = at.downTargets;
    this.sink = at.sink;
    this.pool = new Pool({ connectionString: at.postgres.url, max: 6, connectionTimeoutMillis: 10_000, application_name: 'the lab' });
    this.pool.on('error', () => {}); // What fails rejects the query under way.
  }

  /** Everything runs and every location is available; whatever was started is ended when that fails. */
  static async open(options: LabOptions): Promise<Lab> {
    const dir = mkdtempSync(join(tmpdir(), 'sonde-lab-'));
    chmodSync(dir, 0o711); // As root the server is another user's.
    let lab: Lab | null = null;
    try {
      const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), isEphemeral: true, sync: true, maxConnections: 100, log: { info() {}, warn() {} } });
      lab = new Lab(options, { dir, postgres, targets: await openTargets(), downTargets: await openTargets(), sink: await openNoticeSink() });
      await lab.#start();
      return lab;
    } catch (cause) {
      if (lab) { process.stderr.write(lab.logs()); await lab.end().catch(() => {}); }
      rmSync(dir, { recursive: true, force: true });
      throw cause;
    }
  }

  async #start(): Promise<void> {
    for (let index = 0; index < this.options.coordinators; index += 1) {
      const [httpPort, fleetPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
      this.coordinators.push({ index, httpPort, fleetPort, api: new Api(`http://127.0.0.1:${httpPort}`, this.apiKey), process: null });
      await this.startCoordinator(this.coordinators.at(-1)!);
    }
    for (let index = 0; index < this.options.locations; index += 1) {
      const code = `loc-${index + 1}`;
      const { keys } = await this.api.must<{ keys: readonly { rawKey: string }[] }>('POST', '/v1/locations', { code });
      this.locationCodes.push(code);
      for (let member = 0; member < this.options.agentsEach; member += 1) await this.addAgent(`${code}-${String.fromCharCode(97 + member)}`, code, keys[0]!.rawKey);
    }
    await this.untilAvailable();
    await this.api.must('POST', '/v1/alert-channels', { type: 'WEBHOOK', config: { name: 'sink', url: this.sink.url }, sendFailure: true, sendDegraded: true, sendRecovery: true, autoSubscribe: true });
    for (let index = 0; index < this.options.checks; index += 1) await this.#createCheck(index);
  }

  /** Of a coordinator that runs. */
  get api(): Api {
    return (this.coordinators.find(({ process }) => process?.isRunning) ?? this.coordinators[0]!).api;
  }

  startCoordinator(coordinator: LabCoordinator): Promise<void> {
    return this.#startUntilReady(coordinator, () => this.#startCoordinator(coordinator));
  }

  startAgent(agent: LabAgent, env: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.#startUntilReady(agent, () => this.#startAgent(agent, env));
  }

  /** As its supervisor would: again and again, while Postgres is away or the machine is slow; never two of one. */
  async #startUntilReady(what: LabCoordinator | LabAgent, start: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await start();
      } catch (error) {
        await what.process?.end9();
        if (tries === STARTS_MAX) throw error;
        await pause(START_AGAIN_MS);
      }
    }
  }

  async #startCoordinator(coordinator: LabCoordinator): Promise<void> {
    const started = new NodeProcess({
      name: `coordinator ${coordinator.index + 1}`, args: ['coordinator', SUPERVISED_FLAG], as: 'channel',
      env: {
        DATABASE_URL: this.postgres.url, SONDE_DATA_DIR: join(this.dir, `coordinator-${coordinator.index + 1}`), SONDE_API_KEY: this.apiKey, SONDE_MASTER_KEY: this.#masterKey,
        SONDE_HTTP_PORT: String(coordinator.httpPort), SONDE_FLEET_PORT: String(coordinator.fleetPort), ...WEBHOOKS_TO_LOOPBACK,
      },
    });
    this.#past.push(started);
    coordinator.process = started;
    await started.ready();
  }

  async addAgent(name: string, location: string, locationKey: string, dataDir = join(this.dir, 'agents', name)): Promise<LabAgent> {
    const line = await FaultProxy.open(() => this.coordinators.map(({ fleetPort }) => fleetPort), this.agents.length);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const agent: LabAgent = { name, location, line, dataDir, journal: join(this.dir, `${name}.journal`), locationKey, process: null, troublesAtMs: [] };
    this.agents.push(agent);
    await this.startAgent(agent);
    return agent;
  }

  async #startAgent(agent: LabAgent, env: Readonly<Record<string, string>>): Promise<void> {
    const started = new NodeProcess({
      name: `agent ${agent.name}`, args: [], as: 'channel', main: AGENT_MAIN,
      env: {
        SONDE_COORDINATOR: `127.0.0.1:${agent.line.port}`, SONDE_LOCATION_KEY: agent.locationKey, SONDE_AGENT_NAME: agent.name, SONDE_DATA_DIR: agent.dataDir,
        SONDE_AGENT_HTTP_PORT: '0', SONDE_EGRESS_ALLOW: LOOPBACK, CHAOS_JOURNAL: agent.journal, ...env,
      },
    });
    this.#past.push(started);
    agent.process = started;
    await started.ready();
  }

  /** Every location counts as available, and every agent that runs is connected. */
  async untilAvailable(withinMs = 60_000): Promise<void> {
    await eventually('every location to be available', async () => {
      const [locations, agents] = await Promise.all([
        this.api.must<readonly { code: string; available: boolean }[]>('GET', '/v1/locations'),
        this.api.must<readonly { name: string; connected: boolean }[]>('GET', '/v1/agents'),
      ]).catch(() => [[], []] as const);
      return this.locationCodes.every((code) => locations.some((location) => location.code === code && location.available))
        && this.agents.filter(({ process }) => process?.isRunning).every(({ name }) => agents.some((agent) => agent.name === name && agent.connected));
    }, { withinMs, everyMs: 250 });
  }

  /** All that faults left: lines good, processes running, agents connected. */
  async heal(): Promise<void> {
    for (const agent of this.agents) agent.line.set({ kind: 'good' });
    await eventually('Postgres to answer', async () => this.pool.query('select 1').then(() => true, () => false), { withinMs: 60_000, everyMs: 100 });
    for (const coordinator of this.coordinators) if (!coordinator.process?.isRunning) await this.startCoordinator(coordinator);
    for (const agent of this.agents) if (!agent.process?.isRunning) await this.startAgent(agent);
    await this.untilAvailable(90_000);
  }

  /** When something befell which agent, by the agent's id. */
  async troubles(): Promise<Troubles> {
    const agents = await this.api.must<readonly { id: string; name: string }[]>('GET', '/v1/agents');
    return new Map(agents.map(({ id, name }) => [id, this.agents.find((agent) => agent.name === name)?.troublesAtMs ?? []]));
  }

  keepJournal(agent: LabAgent): void {
    this.pastJournals.push(agent.journal);
  }

  onEnd(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Everything that every process said, or the end of it. */
  logs(): string {
    return this.#past.map(({ name, output }) => `--- ${name}\n${output.slice(-LOG_CHARS_SHOWN)}`).join('\n');
  }

  /** How often processes said something, over all of their lives. */
  saidCount(what: string): number {
    return this.#past.reduce((sum, { output }) => sum + output.split(what).length - 1, 0);
  }

  async end(): Promise<void> {
    const ends = [
      async () => { await Promise.all(this.agents.map((agent) => agent.process?.stop())); },
      async () => { await Promise.all(this.coordinators.map((coordinator) => coordinator.process?.stop())); },
      ...this.agents.map((agent) => () => agent.line.close()),
      ...this.#closers.splice(0),
      () => this.targets.close(), () => this.downTargets.close(), () => this.sink.close(), () => this.pool.end(), () => this.postgres.stop(),
      async () => rmSync(this.dir, { recursive: true, force: true }),
    ];
    for (const end of ends) await end().catch((error: unknown) => this.options.say(`clearing away: ${String(error)}`));
  }

  /** Half parallel, half round-robin; every fifth retries. */
  async #createCheck(index: number): Promise<void> {
    const id = await this.#newCheck(`check ${index}`, index, this.targets.port);
    this.checkIds.push(id);
    this.judgedChecks.add(id);
  }

  /** Not among `checkIds`: its results are no part of the reconciliation. */
  async createDownCheck(): Promise<void> {
    this.judgedChecks.add(await this.#newCheck(DOWN_CHECK_NAME, 0, this.downTargets.port));
  }

  async #newCheck(name: string, index: number, port: number): Promise<string> {
    const { id } = await this.api.must<{ id: string }>('POST', '/v1/checks/tcp', {
      name, frequency: 0, frequencyOffset: 10, runParallel: index % 2 === 0, locations: this.locationCodes, maxResponseTime: MAX_RESPONSE_TIME_MS,
      retryStrategy: index % 5 === 0 ? { type: 'FIXED', baseBackoffSeconds: 0, maxRetries: 1, maxDurationSeconds: 30, sameRegion: true } : null,
      request: {
        hostname: '127.0.0.1', port, data: `PING ${index}\\r\\n`, dataFormat: 'escaped',
        assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'PONG' }],
      },
    });
    return id;
  }
}

/** The sink of the lab is on loopback. */
const WEBHOOKS_TO_LOOPBACK = { SONDE_WEBHOOK_ALLOW_HTTP: '1', SONDE_WEBHOOK_ALLOW_NETWORKS: '127.0.0.0/8' };
