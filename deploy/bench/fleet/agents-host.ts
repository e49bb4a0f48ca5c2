/** One process with many agents. Does what its parent says over the channel, and ends with it. */
import { readFileSync } from 'node:fs';
import type { CoordinatorAddress } from '#agent/session/fleet-connection.ts';
import { sleep, systemClock } from '#shared/time/clock.ts';
import { HostedAgent, type HostedAgentOrder } from './hosted-agent.ts';

export type ToHost =
  | { readonly kind: 'join'; readonly coordinators: readonly CoordinatorAddress[]; readonly agents: readonly HostedAgentOrder[] }
  | { readonly kind: 'status' }
  /** From now on changes of these checks count; null: of all. */
  | { readonly kind: 'watchChanges'; readonly checkIds: readonly string[] | null }
  | { readonly kind: 'changes' }
  | { readonly kind: 'returns' }
  /** Live results of all agents together, evenly. */
  | { readonly kind: 'live'; readonly perSecond: number; readonly forMs: number }
  /** So many of each agent, all at once. */
  | { readonly kind: 'burst'; readonly each: number; readonly withinMs: number };

export type FromHost =
  | { readonly kind: 'joined' }
  | { readonly kind: 'status'; readonly connected: number; readonly sessionsLost: number; readonly changed: number; readonly backlogLeft: number; readonly residentMb: number; readonly cpuUs: number }
  /** How many hold any of them. */
  | { readonly kind: 'watching'; readonly holders: number }
  /** When each agent that had a change had its first; wall clock, ms. */
  | { readonly kind: 'changes'; readonly atMs: readonly number[] }
  /** When each agent that is connected came. */
  | { readonly kind: 'returns'; readonly atMs: readonly number[]; readonly timesTurnedAway: number }
  | { readonly kind: 'lived'; readonly offered: number; readonly left: number; readonly elapsedMs: number; /** Of each five seconds. */ readonly slicesMs: readonly (readonly number[])[] }
  | { readonly kind: 'burst'; readonly elapsedMs: number; readonly cpuUs: number; readonly left: number };

/** A burst of connects at first measures the machine's accept queue, not the coordinator. */
const JOIN_AT_ONCE = 50;
const TICK_MS = 20;
const SLICE_MS = 5_000;
/** After the last live result was offered. */
const SETTLE_MS = 10_000;

const stopping = new AbortController();
const agents: HostedAgent[] = [];

process.on('message', (message) => { void follow(message as ToHost).then((answer) => { if (process.connected) process.send?.(answer); }); });
process.on('disconnect', () => { stopping.abort(); process.exit(0); });
// Ctrl-C reaches the whole group; the parent decides what becomes of it.
process.on('SIGINT', () => {});

async function follow(order: ToHost): Promise<FromHost> {
  switch (order.kind) {
    case 'join': return join(order.coordinators, order.agents);
    case 'status': return {
      kind: 'status', connected: agents.filter(({ connectedAtMs }) => connectedAtMs !== null).length, sessionsLost: sum(({ sessionsLost }) => sessionsLost),
      changed: agents.filter(({ firstChangeAtMs }) => firstChangeAtMs !== null).length, backlogLeft: sum(({ spool }) => spool.backlogLeft), residentMb: residentMb(), cpuUs: cpuUs(),
    };
    case 'watchChanges': {
      const checkIds = order.checkIds && new Set(order.checkIds);
      return { kind: 'watching', holders: agents.filter((agent) => agent.watchChanges(checkIds)).length };
    }
    case 'changes': return { kind: 'changes', atMs: agents.flatMap(({ firstChangeAtMs }) => firstChangeAtMs ?? []) };
    case 'returns': return { kind: 'returns', atMs: agents.flatMap(({ connectedAtMs }) => connectedAtMs ?? []), timesTurnedAway: sum(({ timesTurnedAway }) => timesTurnedAway) };
    case 'live': return live(order.perSecond, order.forMs);
    case 'burst': return burst(order.each, order.withinMs);
  }
}

async function join(coordinators: readonly CoordinatorAddress[], orders: readonly HostedAgentOrder[]): Promise<FromHost> {
  const waiting = orders.values();
  await Promise.all(Array.from({ length: JOIN_AT_ONCE }, async () => {
    for (const order of waiting) {
      const agent = new HostedAgent(order);
      agents.push(agent);
      await agent.join(coordinators[agents.length % coordinators.length]!, order.key, stopping.signal);
    }
  }));
  return { kind: 'joined' };
}

async function live(perSecond: number, forMs: number): Promise<FromHost> {
  for (const { spool } of agents) spool.waits.length = 0;
  const startedMs = performance.now();
  let offered = 0;
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedMs) {
    for (const due = Math.floor((elapsedMs / 1000) * perSecond); offered < due; offered += 1) agents[offered % agents.length]!.spool.offerLive();
    await sleep(systemClock, TICK_MS);
  }
  const elapsedMs = performance.now() - startedMs;
  await allTaken(SETTLE_MS);
  return { kind: 'lived', offered, left: sum(({ spool }) => spool.liveLeft), elapsedMs, slicesMs: inSlices(startedMs) };
}

/** How long results waited, by when they were made. */
function inSlices(startedMs: number): readonly (readonly number[])[] {
  const slices: number[][] = [];
  for (const { spool } of agents) for (const { madeAtMs, waitMs } of spool.waits) (slices[Math.floor((madeAtMs - startedMs) / SLICE_MS)] ??= []).push(waitMs);
  return Array.from(slices, (slice) => slice ?? []);
}

async function burst(each: number, withinMs: number): Promise<FromHost> {
  const [startedMs, beforeUs] = [performance.now(), cpuUs()];
  for (const { spool } of agents) spool.offerLive(each);
  await allTaken(withinMs);
  return { kind: 'burst', elapsedMs: performance.now() - startedMs, cpuUs: cpuUs() - beforeUs, left: sum(({ spool }) => spool.liveLeft) };
}

async function allTaken(withinMs: number): Promise<void> {
  for (const untilMs = performance.now() + withinMs; performance.now() < untilMs && agents.some(({ spool }) => spool.liveLeft > 0);) await sleep(systemClock, TICK_MS);
}

function sum(of: (agent: HostedAgent) => number): number {
  return agents.reduce((all, agent) => all + of(agent), 0);
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function residentMb(): number {
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024);
}
