/** Faults of the line between agents and coordinators. */
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import type { Line, LineCounts } from '../fault-proxy.ts';
import { DidNotFire, type Fault } from '../fault.ts';
import type { LabAgent } from '../lab.ts';

/** The coordinator notices a silent agent within this (F5). */
const NOTICED_WITHIN_MS = 12_000;

export const mutePartition: Fault = {
  id: 'F5', name: 'silent partition of an agent',
  async strike(lab, random) {
    const agent = lab.agents[random.int(0, lab.agents.length - 1)]!;
    const direction = (['both', 'up', 'down'] as const)[random.int(0, 2)]!;
    agent.troublesAtMs.push(Date.now());
    const swallowed = await during(agent, { kind: 'mute', direction }, 'swallowedBytes', async () => {
      await eventually(`the coordinator to miss ${agent.name}`, async () => {
        const agents = await lab.api.must<readonly { name: string; connected: boolean }[]>('GET', '/v1/agents').catch(() => []);
        return agents.some(({ name, connected }) => name === agent.name && !connected);
      }, { withinMs: NOTICED_WITHIN_MS, everyMs: 200 });
      await pause(random.int(0, 8_000));
    });
    agent.troublesAtMs.push(Date.now());
    return `${agent.name}, ${direction}: ${swallowed} bytes swallowed, noticed`;
  },
};

export const linksInTurn: Fault = {
  id: 'F7', name: 'links cut one by one, healed in random order',
  async strike(lab, random) {
    const cut: LabAgent[] = [];
    const before = cutConnections(lab.agents);
    for (const agent of lab.agents.toSorted(() => random.fraction() - 0.5).slice(0, Math.max(2, lab.agents.length - 1))) {
      agent.troublesAtMs.push(Date.now());
      agent.line.set({ kind: 'cut' });
      cut.push(agent);
      await pause(random.int(200, 2_000));
    }
    const cuts = cutConnections(lab.agents) - before;
    for (const agent of cut.toSorted(() => random.fraction() - 0.5)) {
      agent.line.set({ kind: 'good' });
      agent.troublesAtMs.push(Date.now());
      await pause(random.int(200, 2_000));
    }
    if (cuts === 0) throw new DidNotFire('no connection was cut');
    return `${cut.map(({ name }) => name).join(', ')}: ${cuts} connections cut`;
  },
};

export const slowLine: Fault = {
  id: 'F8', name: '500 ms latency, jitter, few bytes a second',
  async strike(lab, random) {
    const agent = lab.agents[random.int(0, lab.agents.length - 1)]!;
    agent.troublesAtMs.push(Date.now());
    const delayed = await during(agent, { kind: 'slow', delayMs: 500, jitterMs: 200, bytesPerSecond: 8_192 }, 'delayedChunks', () => pause(20_000));
    agent.troublesAtMs.push(Date.now());
    return `${agent.name}: ${delayed} chunks late`;
  },
};

export const halfOpen: Fault = {
  id: 'F21', name: 'half-open TCP: neither end hears that the other is gone',
  async strike(lab, random) {
    const agent = lab.agents[random.int(0, lab.agents.length - 1)]!;
    agent.troublesAtMs.push(Date.now());
    const before = agent.line.counts.hiddenEnds;
    agent.line.set({ kind: 'half_open' });
    await pause(500);
    await agent.process!.kill9();
    await lab.startAgent(agent);
    await eventually('the line to hide an end', async () => agent.line.counts.hiddenEnds > before, { withinMs: 20_000 });
    await pause(12_000);
    agent.line.set({ kind: 'good' });
    agent.troublesAtMs.push(Date.now());
    return `${agent.name}: ${agent.line.counts.hiddenEnds - before} ends hidden`;
  },
};

export const shortCuts: Fault = {
  id: 'F7', name: 'links of all agents cut for a moment',
  async strike(lab, random) {
    const before = cutConnections(lab.agents);
    for (const agent of lab.agents) agent.line.set({ kind: 'cut' });
    await pause(random.int(50, 1_500));
    for (const agent of lab.agents) agent.line.set({ kind: 'good' });
    const cuts = cutConnections(lab.agents) - before;
    if (cuts === 0) throw new DidNotFire('no connection was cut');
    return `${cuts} connections of ${lab.agents.length} agents cut`;
  },
};

function cutConnections(agents: readonly LabAgent[]): number {
  return agents.reduce((sum, { line }) => sum + line.counts.cutConnections, 0);
}

/** Throws unless the line did what it was told to at least once. */
async function during(agent: LabAgent, line: Line, count: keyof LineCounts, wait: () => Promise<void>): Promise<number> {
  const before = agent.line.counts[count];
  agent.line.set(line);
  try {
    await wait();
  } finally {
    agent.line.set({ kind: 'good' });
  }
  const done = agent.line.counts[count] - before;
  if (done === 0) throw new DidNotFire(`the line of ${agent.name} carried nothing meanwhile`);
  return done;
}

