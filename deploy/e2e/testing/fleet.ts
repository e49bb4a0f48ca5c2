/**
 * A fleet of real processes on this machine: a Postgres of its own, a coordinator and agents as `sonde` starts them.
 * Whatever was started is ended by `end`, also after a failed start; the processes notice by themselves when the
 * one that runs this vanishes.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { mintToken } from '#coordinator/api/keys.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../local/embedded-postgres.ts';
import { SUPERVISED_FLAG } from '../../cli/program.ts';
import { freePort } from '../../local/ports.ts';
import { Api } from './api.ts';
import { eventually } from './eventually.ts';
import { NodeProcess } from './node-process.ts';

export type FleetOptions = {
  /** true: commits wait for the disk, as in production. */
  readonly isDurable?: boolean;
  /** Stays when the fleet ends, and is gone on with by the next one. Left out: a new directory that goes with the fleet. */
  readonly keptDir?: string;
};

/** Of a directory that is kept: what the next fleet must know. */
type KeptFacts = { readonly apiKey: string; readonly masterKey: string };

/** One of several coordinators; left out, what the first one has. */
export type CoordinatorAt = { readonly name?: string; readonly httpPort?: number; readonly fleetPort?: number; /** Settings besides. */ readonly env?: Readonly<Record<string, string>> };

/** For people who read the log of a failed test. */
const LOG_CHARS_SHOWN = 4_000;
const LOOPBACK = '127.0.0.0/8,::1/128';
const NO_NEWS = { info() {}, warn() {} };

export class Fleet {
  readonly api: Api;
  readonly apiKey: string;
  readonly masterKey: string;
  readonly dir: string;
  readonly pool: Pool;
  readonly postgres: EmbeddedPostgres;
  readonly fleetPort: number;
  readonly httpPort: number;
  readonly #isKept: boolean;
  readonly #processes: NodeProcess[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(at: { dir: string; isKept: boolean; facts: KeptFacts; postgres: EmbeddedPostgres; httpPort: number; fleetPort: number }) {
    this.dir = at.dir;
    this.#isKept = at.isKept;
    this.postgres = at.postgres;
    this.httpPort = at.httpPort;
    this.fleetPort = at.fleetPort;
    this.apiKey = at.facts.apiKey;
    this.masterKey = at.facts.masterKey;
    this.api = new Api(`http://127.0.0.1:${at.httpPort}`, this.apiKey);
    this.pool = new Pool({ connectionString: at.postgres.url, max: 12, connectionTimeoutMillis: 10_000, application_name: 'whoever looks' });
    this.pool.on('error', () => {}); // What fails rejects the query under way.
  }

  /** Only Postgres runs yet. */
  static async open({ isDurable = false, keptDir }: FleetOptions = {}): Promise<Fleet> {
    const isKept = keptDir !== undefined;
    const dir = keptDir ?? mkdtempSync(join(tmpdir(), 'sonde-fleet-'));
    mkdirSync(dir, { recursive: true });
    chmodSync(dir, 0o711); // As root the server is another user's.
    try {
      const facts = factsOf(dir);
      const [httpPort, fleetPort] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')];
      const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), isEphemeral: !isKept, sync: isDurable, maxConnections: 100, log: NO_NEWS });
      return new Fleet({ dir, isKept, facts, postgres, httpPort, fleetPort });
    } catch (cause) {
      if (!isKept) rmSync(dir, { recursive: true, force: true });
      throw cause;
    }
  }

  /** Always on the same ports, so that agents find the next one where the last one was. */
  async startCoordinator({ name = 'coordinator', httpPort = this.httpPort, fleetPort = this.fleetPort, env = {} }: CoordinatorAt = {}): Promise<NodeProcess> {
    const coordinator = this.#spawn(name, ['coordinator', SUPERVISED_FLAG], {
      DATABASE_URL: this.postgres.url, SONDE_DATA_DIR: join(this.dir, 'coordinator'), SONDE_API_KEY: this.apiKey, SONDE_MASTER_KEY: this.masterKey,
      SONDE_HTTP_PORT: String(httpPort), SONDE_FLEET_PORT: String(fleetPort), ...env,
    });
    await coordinator.ready();
    return coordinator;
  }

  /** A public location; the key that lets agents join it. */
  async addLocation(code: string): Promise<string> {
    const { keys } = await this.api.must<{ keys: readonly { rawKey: string }[] }>('POST', '/v1/locations', { code });
    return keys[0]!.rawKey;
  }

  /** By name, so that the same name again is the same agent with the same data directory. Ready: it runs, joined or not. */
  async startAgent(name: string, locationKey: string, { fleetPort = this.fleetPort, settings = {} }: { readonly fleetPort?: number; readonly settings?: Readonly<Record<string, string>> } = {}): Promise<NodeProcess> {
    const agent = this.#spawn(`agent ${name}`, ['agent', SUPERVISED_FLAG], {
      SONDE_COORDINATOR: `127.0.0.1:${fleetPort}`, SONDE_LOCATION_KEY: locationKey, SONDE_AGENT_NAME: name,
      SONDE_DATA_DIR: join(this.dir, 'agents', name), SONDE_AGENT_HTTP_PORT: '0', SONDE_EGRESS_ALLOW: LOOPBACK, ...settings,
    });
    await agent.ready();
    return agent;
  }

  /** Locations with an agent each, all counted as available; what round-robin turns rotate over. */
  async startLocations(codes: readonly string[]): Promise<readonly NodeProcess[]> {
    const keys: string[] = [];
    for (const code of codes) keys.push(await this.addLocation(code));
    const agents = await Promise.all(codes.map((code, index) => this.startAgent(code, keys[index]!)));
    await eventually(`the locations ${codes.join(', ')} to be available`, async () => {
      const listed = await this.api.must<readonly { code: string; available: boolean }[]>('GET', '/v1/locations');
      return codes.every((code) => listed.some((location) => location.code === code && location.available));
    }, { withinMs: 30_000, everyMs: 250 });
    return agents;
  }

  /** Something else that `end` shall close. */
  onEnd(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** The end of what every process said. */
  logs(): string {
    return this.#processes.map(({ name, output }) => `--- ${name}\n${output.slice(-LOG_CHARS_SHOWN)}`).join('\n');
  }

  /** Agents first, so that they can say goodbye; then everything else. */
  async end(): Promise<void> {
    const [coordinators, agents] = [this.#processes.filter(({ name }) => name.startsWith('coordinator')), this.#processes.filter(({ name }) => !name.startsWith('coordinator'))];
    const ends = [
      async () => { await Promise.all(agents.map((agent) => agent.stop())); },
      async () => { await Promise.all(coordinators.map((coordinator) => coordinator.stop())); },
      ...this.#closers.splice(0),
      () => this.pool.end(),
      () => this.postgres.stop(),
      async () => { if (!this.#isKept) rmSync(this.dir, { recursive: true, force: true }); },
    ];
    const troubles: unknown[] = [];
    for (const end of ends) await end().catch((error: unknown) => troubles.push(error));
    if (troubles.length > 0) throw new AggregateError(troubles, 'the fleet could not be cleared away');
  }

  #spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>>): NodeProcess {
    const process = new NodeProcess({ name, args, env, as: 'channel' });
    this.#processes.push(process);
    return process;
  }
}

function factsOf(dir: string): KeptFacts {
  const file = join(dir, 'facts.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as KeptFacts;
  const facts: KeptFacts = { apiKey: mintToken('account', randomBytes), masterKey: randomBytes(32).toString('hex') };
  writeFileSync(file, JSON.stringify(facts), { mode: 0o600 });
  return facts;
}
