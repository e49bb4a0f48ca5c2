/**
 * What a session costs the coordinator, how long a change takes to everybody, how long results wait for their commit,
 * what many agents deliver at once against COPY and inserts, and how soon all are back after a restart.
 * `--agents 1000 --tls --coordinators 1 --rate 5000 --seconds 20 --rounds 3 --backlog 0 --json`. `--backlog 2000000` gives twenty of
 * the agents that many old results besides.
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
await run(settings, (report) => {
  process.stdout.write(settings.isJson ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}\n\n${fleetTable(report)}\n`);
  process.exitCode = report.missed.length === 0 ? 0 : 1;
});

/** Shown before all is cleared away, which takes its time. */
async function run(wanted: FleetSettings, show: (report: FleetReport) => void): Promise<void> {
  const on = machine();
  const interrupted = new AbortController();
  const phases = new Phases(interrupted.signal, (line) => void process.stderr.write(`· ${line}\n`));
  const hosts = new Hosts(wanted.agents);
  let fleet: Fleet | null = null;
  const end = async (): Promise<void> => { await hosts.end(); await fleet?.end(); };
  onInterrupt(async () => { interrupted.abort(); await end(); });
  try {
    phases.say('starting Postgres and a coordinator');
    fleet = await Fleet.open({ isDurable: true });
    const { dir } = fleet;
    const prepared = await prepareFleet(fleet, layout(wanted, rowsAnAgent(wanted)));
    const { env, transport } = wanted.isTls ? tlsIn(dir) : { env: {}, transport: { kind: 'plaintext' } as const };
    const places = await placesOf(fleet, wanted.coordinators);
    const startCoordinator = (index: number) => fleet!.startCoordinator({ ...places[index]!, env });
    const coordinators: NodeProcess[] = [];
    for (const index of places.keys()) coordinators.push(await startCoordinator(index));
    const stage: Stage = { settings: wanted, fleet, hosts, prepared, coordinators, startCoordinator, say: (line) => phases.say(`  ${line}`) };
    show({ bench: 'fleet', machine: on, agents: wanted.agents, locations: prepared.locations.length, isTls: wanted.isTls, coordinators: wanted.coordinators, ...await measure(stage, phases, places.map(({ fleetPort: port }) => ({ host: '127.0.0.1', port, transport }))) });
  } catch (error) {
    if (!interrupted.signal.aborted) process.stderr.write(fleet?.logs() ?? '');
    throw error;
  } finally {
    if (!interrupted.signal.aborted) await end();
  }
}

async function measure(stage: Stage, phases: Phases, at: readonly CoordinatorAddress[]): Promise<Omit<FleetReport, 'bench' | 'machine' | 'agents' | 'locations' | 'isTls' | 'coordinators'>> {
  const { agents, rate, seconds, backlog, rounds } = stage.settings;
  const joinSeconds = LIMITS.join + agents / SESSIONS_PER_SECOND;
  const liveSeconds = seconds + LIMITS.liveBesides;
  const joined = await phases.run(`${agents} agents join`, joinSeconds, (signal) => joinAll(stage, at, joinSeconds * 1000, signal));
  const drained = backlog === 0 ? null : await phases.run(`a backlog of ${backlog} results`, LIMITS.backlog, (signal) => drain(stage, LIMITS.backlog * 1000, signal));
  const idleAt = await phases.run('idle', LIMITS.idle, (signal) => idle(stage, signal));
  const one = await phases.run('a check of all locations saved', LIMITS.changeOfOne, (signal) => changeOfOne(stage, idleAt, signal));
  const all = await phases.run('a change to all', LIMITS.changeOfAll, (signal) => changeOfAll(stage, idleAt, signal));
  const ingest = rate === 0 ? null : await phases.run(`${rate} results a second for ${seconds} s`, liveSeconds, () => liveResults(stage, liveSeconds * 1000));
  const burst = rounds === 0 ? null : await phases.run('results of all at once, COPY and inserts', LIMITS.bursts, (signal) => bursts(stage, signal));
  // pino: 40 is warn.
  const coordinatorWarnings = stage.coordinators.reduce((sum, { output }) => sum + (output.match(/"level":[456]0/g)?.length ?? 0), 0);
  const back = await phases.run('a coordinator is killed −9 and started again', LIMITS.restart + agents / SESSIONS_PER_SECOND, (signal) => restart(stage, signal));
  return { missed: phases.missed, join: joined, backlog: drained, idle: idleAt, changeOfOne: one, changeOfAll: all, ingest, burst, restart: back, coordinatorWarnings };
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
