/**
 * What a session costs the coordinator, how long a change takes to everybody, how long results wait for their commit,
 * what many agents deliver at once against COPY and inserts, and how soon all are back after a restart.
 * `--agents 1000 --tls --coordinators 1 --rate 5000 --seconds 20 --rounds 3 --backlog 0 --profile DIR --json`. `--backlog 2000000`
 * gives twenty of the agents that many old results besides.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newAuthority } from '#shared/certificate/authority.ts';
import type { CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { Fleet } from '../../e2e/testing/fleet.ts';
import type { NodeProcess } from '../../e2e/testing/node-process.ts';
import { freePort } from '../../local/ports.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { layout } from './agent-orders.ts';
import { bursts, burstRowsEach } from './burst.ts';
import { Hosts } from './hosts.ts';
import { changeOfAll, changeOfOne, drain, idle, joinAll, liveResults, restart, LIVE_BESIDE_BACKLOG_PER_SECOND } from './measure.ts';
import { Phases } from './phase.ts';
import { prepareFleet } from './prepare.ts';
import type { FleetReport } from './report.ts';
import { readSettings, type FleetSettings } from './settings.ts';
import type { Stage } from './stage.ts';
import { fleetTable } from './table.ts';

/** Seconds; of joining and coming back an agent has its share besides, since a session costs CPU on both sides. */
const LIMITS = { join: 60, backlog: 300, idle: 60, changeOfOne: 45, changeOfAll: 60, liveBesides: 30, bursts: 180, restart: 60 };
const SESSIONS_PER_SECOND = 25;
const YEAR_MS = 365 * 86_400_000;

const settings = readSettings(process.argv.slice(2));
await run(settings);

/** Ends with exit code 1 when a phase was missed. Interrupted, it shows what it has found so far. */
async function run(wanted: FleetSettings): Promise<void> {
  const interrupted = new AbortController();
  const phases = new Phases(interrupted.signal, (line) => void process.stderr.write(`· ${line}\n`));
  let found: FleetReport = {
    bench: 'fleet', machine: machine(), agents: wanted.agents, locationCount: layout(wanted, 0).locationCount, isTls: wanted.isTls, coordinators: wanted.coordinators, missed: phases.missed,
    join: null, backlog: null, idle: null, changeOfOne: null, changeOfAll: null, ingest: null, burst: null, restart: null, coordinatorWarnings: 0,
  };
  phases.say('starting Postgres and a coordinator');
  const hosts = new Hosts(wanted.agents);
  const opening = Fleet.open({ isDurable: true });
  const end = once(async () => { await hosts.end(); await (await opening).end(); });
  onInterrupt(() => { interrupted.abort(); show(found, wanted); return end(); });
  try {
    const stage = await stageOf(wanted, await opening, hosts, (line) => phases.say(`  ${line}`));
    await measure(stage, phases, (part) => { found = { ...found, ...part }; });
    show(found, wanted);
    process.exitCode = phases.missed.length === 0 ? 0 : 1;
  } catch (error) {
    // Whoever interrupted it ends the process once all is cleared away.
    if (interrupted.signal.aborted) return;
    process.stderr.write((await opening).logs());
    throw error;
  } finally {
    await end();
  }
}

async function stageOf(wanted: FleetSettings, fleet: Fleet, hosts: Hosts, say: Stage['say']): Promise<Stage> {
  const prepared = await prepareFleet(fleet, layout(wanted, rowsAnAgent(wanted)));
  const { env, transport } = wanted.isTls ? tlsIn(fleet.dir) : { env: {}, transport: { kind: 'plaintext' } as const };
  const places = await placesOf(fleet, wanted.coordinators);
  const profiled = wanted.profileDir === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${wanted.profileDir}` };
  const startCoordinator = (index: number) => fleet.startCoordinator({ ...places[index]!, env: { ...env, ...profiled } });
  const coordinators: NodeProcess[] = [];
  for (const index of places.keys()) coordinators.push(await startCoordinator(index));
  return { settings: wanted, fleet, hosts, prepared, coordinators, addresses: places.map(({ fleetPort: port }) => ({ host: '127.0.0.1', port, transport })), startCoordinator, say };
}

async function measure(stage: Stage, phases: Phases, note: (part: Partial<FleetReport>) => void): Promise<void> {
  const { agents, rate, seconds, backlog, rounds } = stage.settings;
  const joinSeconds = LIMITS.join + agents / SESSIONS_PER_SECOND;
  const liveSeconds = seconds + LIMITS.liveBesides;
  note({ join: await phases.run(`${agents} agents join`, joinSeconds, (signal) => joinAll(stage, joinSeconds * 1000, signal)) });
  if (backlog > 0) note({ backlog: await phases.run(`a backlog of ${backlog} results`, LIMITS.backlog, (signal) => drain(stage, LIMITS.backlog * 1000, signal)) });
  const idleAt = await phases.run('idle', LIMITS.idle, (signal) => idle(stage, signal));
  note({ idle: idleAt });
  note({ changeOfOne: await phases.run('a check of all locations saved', LIMITS.changeOfOne, (signal) => changeOfOne(stage, idleAt, signal)) });
  note({ changeOfAll: await phases.run('a change to all', LIMITS.changeOfAll, (signal) => changeOfAll(stage, idleAt, signal)) });
  if (rate > 0) note({ ingest: await phases.run(`${rate} results a second for ${seconds} s`, liveSeconds, () => liveResults(stage, liveSeconds * 1000)) });
  if (rounds > 0) note({ burst: await phases.run('results of all at once, COPY and inserts', LIMITS.bursts, (signal) => bursts(stage, signal)) });
  // pino: 40 is warn.
  note({ coordinatorWarnings: stage.coordinators.reduce((sum, { output }) => sum + (output.match(/"level":[456]0/g)?.length ?? 0), 0) });
  note({ restart: await phases.run('a coordinator is killed −9 and started again', LIMITS.restart + agents / SESSIONS_PER_SECOND, (signal) => restart(stage, signal)) });
}

function show(found: FleetReport, { isJson }: FleetSettings): void {
  process.stdout.write(isJson ? `${JSON.stringify(found, null, 2)}\n` : `${machineLine(found.machine)}\n\n${fleetTable(found)}\n`);
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => { done ??= act(); return done; };
}

/** Results that each agent delivers in all phases. */
function rowsAnAgent({ agents, rate, seconds, backlog, rounds }: FleetSettings): number {
  const besideBacklog = backlog === 0 ? 0 : (LIVE_BESIDE_BACKLOG_PER_SECOND * LIMITS.backlog) / agents;
  return Math.ceil((rate * seconds * 1.1) / agents) + Math.ceil(besideBacklog) + (rounds + 1) * burstRowsEach(agents) + 1;
}

/** The first one's API is the fleet's. */
async function placesOf({ httpPort, fleetPort }: Fleet, count: number): Promise<readonly { readonly name: string; readonly httpPort: number; readonly fleetPort: number }[]> {
  const places = [{ name: 'coordinator', httpPort, fleetPort }];
  for (let n = 2; n <= count; n += 1) places.push({ name: `coordinator ${n}`, httpPort: await freePort('127.0.0.1'), fleetPort: await freePort('127.0.0.1') });
  return places;
}

function tlsIn(dir: string): { readonly env: Record<string, string>; readonly transport: CoordinatorAddress['transport'] } {
  const span = { notBeforeMs: Date.now() - YEAR_MS, notAfterMs: Date.now() + YEAR_MS };
  const authority = newAuthority('bench', span);
  const { cert, key } = authority.issue({ commonName: 'localhost', altNames: ['127.0.0.1'], ...span });
  const [certPath, keyPath, caPath] = ['fleet.crt', 'fleet.key', 'ca.crt'].map((name) => join(dir, name)) as [string, string, string];
  for (const [path, text] of [[certPath, cert], [keyPath, key], [caPath, authority.ca]] as const) writeFileSync(path, text, { mode: 0o600 });
  return { env: { SONDE_FLEET_TLS_CERT: certPath, SONDE_FLEET_TLS_KEY: keyPath }, transport: { kind: 'tls', caPath, client: null } };
}
