/** Faults of an agent's clock, identity and config. */
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import type { Random } from '../../fuzz/random.ts';
import { DidNotFire, type Fault } from '../fault.ts';
import type { Lab, LabAgent } from '../lab.ts';

const FAKETIME = ['/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1', '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1'].find((path) => existsSync(path));
const HOUR_MS = 3_600_000;

export const clonedAgent: Fault = {
  id: 'F12', name: 'the same identity twice',
  async strike(lab, random) {
    const original = lab.agents.filter(({ process }) => process?.isRunning)[random.int(0, lab.agents.length - 1)] ?? lab.agents[0]!;
    const cloneDir = join(lab.dir, `clone-of-${original.name}-${random.int(0, 1e9)}`);
    cpSync(original.dataDir, cloneDir, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    original.troublesAtMs.push(Date.now());
    const clone = await lab.addAgent(`${original.name}-clone-${random.int(0, 1e6)}`, original.location, original.locationKey, cloneDir);
    try {
      await eventually('the conflict to be reported', async () => {
        const agents = await lab.api.must<readonly { conflict: boolean }[]>('GET', '/v1/agents').catch(() => []);
        return agents.some(({ conflict }) => conflict);
      }, { withinMs: 60_000, everyMs: 250 });
    } finally {
      await clone.process?.kill9();
      lab.agents.splice(lab.agents.indexOf(clone), 1);
      lab.keepJournal(clone);
      await clone.line.close();
      original.troublesAtMs.push(Date.now());
    }
    return `${original.name} and its copy displaced each other, the conflict was reported`;
  },
};

/** Wall clock ±1 h or ±1 day by libfaketime; the monotonic clock stays. */
export const jumpedClock: Fault = {
  id: 'F19', name: 'the wall clock of an agent jumps',
  cannot: async () => (FAKETIME ? null : 'libfaketime is not installed'),
  async strike(lab, random) {
    const agent = aRunning(lab, random);
    const file = join(lab.dir, `faketime-${agent.name}`);
    const offsetMs = [HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS][random.int(0, 3)]!;
    writeFileSync(file, '+0s\n');
    agent.troublesAtMs.push(Date.now());
    await agent.process!.stop();
    await lab.startAgent(agent, {
      LD_PRELOAD: FAKETIME!, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_RESET: '1',
    });
    await pause(5_000);
    writeFileSync(file, `${offsetMs > 0 ? '+' : '-'}${Math.abs(offsetMs) / 1000}s\n`);
    await eventually(`the coordinator to know the offset of ${agent.name}`, async () => {
      const agents = await lab.api.must<readonly { name: string; clockOffsetUs?: number; clockOffsetMs?: number }[]>('GET', '/v1/agents').catch(() => []);
      const found = agents.find(({ name }) => name === agent.name);
      return Math.abs(found?.clockOffsetMs ?? (found?.clockOffsetUs ?? 0) / 1000) > HOUR_MS / 2;
    }, { withinMs: 45_000, everyMs: 500 }).catch((error: unknown) => { throw new DidNotFire(String(error)); });
    await pause(12_000);
    agent.troublesAtMs.push(Date.now());
    await agent.process!.stop();
    await lab.startAgent(agent);
    return `${agent.name} by ${offsetMs / HOUR_MS} h, the offset was known`;
  },
};

/** A definition that the API would refuse, written past it. */
export const poisonedConfig: Fault = {
  id: 'F15', name: 'poisoned config',
  async strike(lab) {
    const body = {
      name: 'poison', frequency: 0, frequencyOffset: 10, runParallel: true, locations: lab.locationCodes,
      request: { hostname: '127.0.0.1', port: lab.targets.port, data: 'PING 99999\\r\\n', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'MATCHES', target: 'PONG' }] },
    };
    const { id } = await lab.api.must<{ id: string }>('POST', '/v1/checks/tcp', body);
    const { rowCount } = await lab.pool.query(
      `update checks set definition = replace(definition::text, '"MATCHES"', '"HAS_A_FUTURE_NAME"')::json, config_revision = (select revision + 1 from config_state) where id = $1`, [id]);
    if (rowCount !== 1) throw new DidNotFire('nothing was poisoned');
    await lab.pool.query(`with next as (update config_state set revision = revision + 1 returning 1) select pg_notify('sonde_config', '') from next`);
    await pause(8_000);
    const agents = await lab.api.must<readonly { name: string; connected: boolean; rejected: readonly { checkId: string }[] }[]>('GET', '/v1/agents');
    await lab.api.must('DELETE', `/v1/checks/${id}`);
    const others = agents.flatMap(({ name, rejected }) => rejected.filter(({ checkId }) => checkId !== id).map(({ checkId }) => `${checkId} by ${name}`));
    if (others.length > 0) throw new Error(`more than the poison was rejected: ${others.join(', ')}`);
    const lost = lab.agents.filter(({ name }) => !agents.some((agent) => agent.name === name && agent.connected));
    if (lost.length > 0) throw new Error(`poison took ${lost.map(({ name }) => name).join(', ')} along`);
    return `a check with an unknown comparison, rejected by ${agents.filter(({ rejected }) => rejected.length > 0).length} agents and nothing else with it; every agent stayed`;
  },
};

export const revokedKey: Fault = {
  id: 'F31', name: 'a location key revoked while its agent streams',
  async strike(lab, random) {
    const code = `revoked-${random.int(0, 1e6)}`;
    const { keys } = await lab.api.must<{ keys: readonly { id: string; rawKey: string }[] }>('POST', '/v1/locations', { code });
    const agent = await lab.addAgent(code, code, keys[0]!.rawKey);
    const isConnected = async (): Promise<boolean> => (await lab.api.must<readonly { name: string; connected: boolean }[]>('GET', '/v1/agents')).some(({ name, connected }) => name === code && connected);
    await eventually(`${code} to be connected`, isConnected, { withinMs: 30_000 });
    const atMs = performance.now();
    await lab.api.must('DELETE', `/v1/locations/${code}/keys/${keys[0]!.id}`);
    await eventually('the stream to be cut', async () => !(await isConnected()), { withinMs: 10_000 });
    const tookMs = Math.round(performance.now() - atMs);
    if (!agent.process!.isRunning) throw new Error('the agent exited');
    await agent.process!.stop();
    lab.agents.splice(lab.agents.indexOf(agent), 1);
    await agent.line.close();
    if (tookMs > 5_000) throw new Error(`the stream was cut after ${tookMs} ms only`);
    return `cut after ${tookMs} ms`;
  },
};

function aRunning(lab: Lab, random: Random): LabAgent {
  const running = lab.agents.filter(({ process }) => process?.isRunning);
  return running[random.int(0, running.length - 1)]!;
}
