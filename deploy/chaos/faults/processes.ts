/** Faults of processes: killed, suspended, restarted, blocked. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Random } from '../../fuzz/random.ts';
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import { DidNotFire, type Fault } from '../fault.ts';
import type { Lab, LabAgent, LabCoordinator } from '../lab.ts';

export const killAgent: Fault = {
  id: 'F1', name: 'kill −9 agent',
  async strike(lab, random) {
    const agent = await takenFrom(lab, 'an agent to be at work', () => lab.agents.filter(isAtWork), random);
    const { pid } = agent.process!;
    agent.troublesAtMs.push(Date.now());
    try {
      await agent.process!.kill9();
      await pause(random.int(0, 3_000));
      await lab.startAgent(agent);
      return `${agent.name}, pid ${pid}`;
    } finally {
      agent.troublesAtMs.push(Date.now());
      lab.dying.delete(agent);
    }
  },
};

export const killCoordinator: Fault = {
  id: 'F2', name: 'kill −9 coordinator',
  async strike(lab, random) {
    const coordinator = await takenFrom(lab, 'a coordinator to serve', () => lab.coordinators.filter(({ process }) => process?.isRunning), random);
    const { pid } = coordinator.process!;
    try {
      await coordinator.process!.kill9();
      await pause(random.int(0, 4_000));
      await lab.startCoordinator(coordinator);
      return `coordinator ${coordinator.index + 1}, pid ${pid}`;
    } finally {
      lab.dying.delete(coordinator);
    }
  },
};

/** Several are killed at a time, each by one until it serves again: two would both start it. */
async function takenFrom<T extends LabAgent | LabCoordinator>(lab: Lab, what: string, candidates: () => readonly T[], random: Random): Promise<T> {
  const taken = await eventually(what, async () => {
    const there = candidates().filter((each) => !lab.dying.has(each));
    return there[random.int(0, Math.max(0, there.length - 1))];
  }, { withinMs: 60_000 });
  lab.dying.add(taken);
  return taken;
}

export const killAllCoordinators: Fault = {
  id: 'F2', name: 'kill −9 every coordinator',
  async strike(lab) {
    const running = lab.coordinators.filter(({ process }) => process?.isRunning);
    await Promise.all(running.map(({ process }) => process!.kill9()));
    await pause(8_000);
    for (const coordinator of running) await lab.startCoordinator(coordinator);
    return `${running.length} at once, 8 s`;
  },
};

export const killPostgres: Fault = {
  id: 'F3', name: 'kill −9 Postgres, all children',
  async strike(lab) {
    const { pid } = lab.postgres;
    const family = [pid, ...childrenOf(pid)];
    for (const each of family) try { process.kill(each, 'SIGKILL'); } catch { /* Ended by itself just now. */ }
    await eventually('every process of Postgres to be gone', async () => family.every((each) => !isAlive(each)), { withinMs: 10_000, everyMs: 20 });
    const goneAtMs = performance.now();
    // The lab's Postgres is started again by whoever keeps it, as systemd would.
    await eventually('Postgres to be back', async () => lab.pool.query('select 1').then(() => true, () => false), { withinMs: 60_000, everyMs: 100 });
    if (lab.postgres.pid === pid) throw new DidNotFire('the same server still runs');
    return `${family.length} processes gone, away ${Math.round(performance.now() - goneAtMs)} ms`;
  },
};

export const rollingRestart: Fault = {
  id: 'F4', name: 'rolling restart of everything',
  async strike(lab) {
    for (const coordinator of lab.coordinators) {
      await endGently(coordinator);
      await lab.startCoordinator(coordinator);
      await lab.untilAvailable();
    }
    for (const agent of lab.agents) {
      await endGently(agent);
      await lab.startAgent(agent);
      await lab.untilAvailable();
    }
    return `${lab.coordinators.length} coordinators and ${lab.agents.length} agents by SIGTERM, one after the other`;
  },
};

export const suspendAgent: Fault = {
  id: 'F20', name: 'suspended agent (SIGSTOP)',
  async strike(lab, random) {
    const agent = aRunningAgent(lab, random);
    const forMs = random.int(8_000, 45_000);
    const running = agent.process!;
    agent.troublesAtMs.push(Date.now());
    running.signal('SIGSTOP');
    await pause(500);
    if (stateOf(running.pid) !== 'T') throw new DidNotFire(`${agent.name} was not stopped`);
    await pause(forMs - 500);
    running.signal('SIGCONT');
    agent.troublesAtMs.push(Date.now());
    return `${agent.name} for ${(forMs / 1000).toFixed(1)} s`;
  },
};

export const blockedLoop: Fault = {
  id: 'F26', name: 'event loop of an agent blocked for 2 s',
  async strike(lab, random) {
    const agent = aRunningAgent(lab, random);
    const before = agent.process!.output.split('blocking the event loop').length;
    agent.process!.tell({ block: 2_000 });
    await pause(3_000);
    if (agent.process!.output.split('blocking the event loop').length === before) throw new DidNotFire(`${agent.name} did not say that it blocked`);
    return agent.name;
  },
};

/** The one that keeps the rosters sleeps past its lease, and wakes believing that it still has it. */
export const suspendedCoordinator: Fault = {
  id: 'F28', name: 'a coordinator suspended past its leases',
  async strike(lab) {
    const { coordinator, token } = await eventually('a coordinator to keep the rosters', () => rosterKeeper(lab), { withinMs: 20_000, everyMs: 250 });
    const running = coordinator.process!;
    running.signal('SIGSTOP');
    try {
      await pause(500);
      if (stateOf(running.pid) !== 'T') throw new DidNotFire('it was not stopped');
      await pause(25_000);
      if (await rosterToken(lab) === token) throw new DidNotFire('nobody took the lease of the one that was suspended');
    } finally {
      running.signal('SIGCONT');
    }
    return `coordinator ${coordinator.index + 1} for 25 s: the lease it believed to have, token ${token}, had become ${await rosterToken(lab)}`;
  },
};

export const fewDescriptors: Fault = {
  id: 'F25', name: 'an agent without free file descriptors',
  cannot: async () => (hasTool('prlimit') ? null : 'prlimit is not installed'),
  async strike(lab, random) {
    const agent = aRunningAgent(lab, random);
    const { pid } = agent.process!;
    const limit = await firstFreeDescriptor(pid);
    const before = /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1] ?? '1024';
    const metBefore = await wantsOfDescriptors(lab);
    agent.troublesAtMs.push(Date.now());
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
    await pause(12_000);
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${before}:`]);
    agent.troublesAtMs.push(Date.now());
    const met = await eventually('a run that met the limit to be stored', async () => await wantsOfDescriptors(lab) - metBefore || null, { withinMs: 10_000, everyMs: 250 })
      .catch(() => { throw new DidNotFire(`no run met the limit of ${limit} descriptors`); });
    return `${agent.name}: ${limit} descriptors, ${met} runs met EMFILE and are the agent's own fault`;
  },
};

/** The kernel gives the lowest free number; limited to it, it gives none. What is open for a moment only counts as free. */
async function firstFreeDescriptor(pid: number): Promise<number> {
  let open = descriptorsOf(pid);
  for (let look = 1; look < DESCRIPTOR_LOOKS; look += 1) {
    await pause(DESCRIPTOR_LOOK_MS);
    open = open.intersection(descriptorsOf(pid));
  }
  let first = 0;
  while (open.has(first)) first += 1;
  return first;
}

const DESCRIPTOR_LOOKS = 20;
const DESCRIPTOR_LOOK_MS = 50;

function descriptorsOf(pid: number): Set<number> {
  return new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
}

async function wantsOfDescriptors(lab: Lab): Promise<number> {
  const { rows } = await lab.pool.query<{ n: string }>(`select count(*) as n from results where outcome = 'agent_fault' and failure_code in ('EMFILE', 'ENFILE')`);
  return Number(rows[0]?.n ?? 0);
}

/** It has a session, or had one since it was started: a kill before that would stop nothing. */
function isAtWork({ process }: LabAgent): boolean {
  return process?.isRunning === true && process.output.includes('"msg":"joined"');
}

function aRunningAgent(lab: Lab, random: Random): LabAgent {
  const running = lab.agents.filter(({ process }) => process?.isRunning);
  return running[random.int(0, running.length - 1)]!;
}

/** By the lease's token, which its holder says when it gets it. */
async function rosterKeeper(lab: Lab): Promise<{ readonly coordinator: LabCoordinator; readonly token: number } | null> {
  const token = await rosterToken(lab);
  const coordinator = lab.coordinators.find(({ process }) => process?.isRunning && process.output.includes(`"token":${token},"msg":"keeping rosters is on this coordinator"`));
  return coordinator ? { coordinator, token } : null;
}

async function rosterToken(lab: Lab): Promise<number> {
  const { rows } = await lab.pool.query<{ token: string }>(`select token from leases where name = 'roster-keeper'`);
  return Number(rows[0]?.token ?? 0);
}

async function endGently(of: LabAgent | LabCoordinator): Promise<void> {
  const running = of.process!;
  running.signal('SIGTERM');
  const { code, signal } = await running.ended;
  if (code !== 0) throw new DidNotFire(`${running.name} ended with ${signal ?? code} instead of gently`);
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((each) => statOf(each)?.parent === pid);
}

function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z';
}

function stateOf(pid: number): string | null {
  return statOf(pid)?.state ?? null;
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | null {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return null;
  }
}

export function hasTool(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
