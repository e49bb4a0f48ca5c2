/** The phases that ask something of the coordinator's many sessions. Each takes the signal that says its time is over. */
import { setTimeout as wait } from 'node:timers/promises';
import { cpuUsOf } from '../cpu-time.ts';
import { percentile } from '../statistics.ts';
import { hostedAgents } from './agent-orders.ts';
import type { JoinReport, IdleReport, ChangeReport, IngestReport, BacklogReport, RestartReport } from './report.ts';
import { cpuSince, residentMb, until, type Stage } from './stage.ts';

const LOOK_EVERY_MS = 250;
const SAY_EVERY_MS = 10_000;
/** After the last join rosters are announced, availability follows, and garbage is collected. */
const SETTLE_MS = 10_000;
const IDLE_MS = 15_000;
const SLICE_MS = 5_000;
export const LIVE_BESIDE_BACKLOG_PER_SECOND = 200;

export async function joinAll(stage: Stage, withinMs: number, signal: AbortSignal): Promise<JoinReport> {
  const residentMbBefore = residentMb(stage.coordinators);
  const [beganMs, cpu] = [performance.now(), cpuSince(stage)];
  const joining = stage.hosts.join(stage.addresses, hostedAgents(stage.settings, stage.prepared), withinMs);
  let isJoined = false;
  joining.then(() => { isJoined = true; }, () => {}); // Whoever waits for it below hears of its failure.
  for (let saidMs = 0; !isJoined; await Promise.race([wait(LOOK_EVERY_MS, undefined, { signal }), joining])) {
    if (performance.now() - beganMs - saidMs < SAY_EVERY_MS) continue;
    saidMs = performance.now() - beganMs;
    const { connected } = await stage.hosts.status();
    stage.say(`${connected} of ${stage.hosts.agents} are connected`);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  return { seconds, coordinatorMsASession: cpu().coordinatorUs / 1000 / stage.hosts.agents, residentMbBefore };
}

export async function idle(stage: Stage, signal: AbortSignal): Promise<IdleReport> {
  await wait(SETTLE_MS, undefined, { signal });
  const cpu = cpuSince(stage);
  await wait(IDLE_MS, undefined, { signal });
  const { coordinatorUs, postgresUs } = cpu();
  const { connected, residentMb: hostsMb } = await stage.hosts.status();
  return {
    connected, residentMb: residentMb(stage.coordinators), agentsMb: hostsMb,
    coordinatorPercent: coordinatorUs / 10 / IDLE_MS, postgresPercent: postgresUs / 10 / IDLE_MS,
  };
}

/** One of the held checks is saved: it is an agent's in each location, and of late, where the roster changed, another's. */
export async function changeOfOne(stage: Stage, idleAt: IdleReport | null, signal: AbortSignal): Promise<ChangeReport> {
  const { api } = stage.fleet;
  const [id] = stage.prepared.heldCheckIds;
  const check = await api.must<Record<string, unknown>>('GET', `/v1/checks/${id}`);
  return watchChange(stage, { idleAt, signal, checkIds: [id!] }, () => api.must('PUT', `/v1/checks/tcp/${id}`, { ...check, maxResponseTime: 4_321 }));
}

/** A maintenance window that pauses every check is saved: each agent's turns change. */
export async function changeOfAll(stage: Stage, idleAt: IdleReport | null, signal: AbortSignal): Promise<ChangeReport> {
  const at = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
  return watchChange(stage, { idleAt, signal, checkIds: null }, () => stage.fleet.api.must('POST', '/v1/maintenance-windows', { name: 'tomorrow', startsAt: at(24), endsAt: at(48) }));
}

type Watched = { readonly idleAt: IdleReport | null; readonly signal: AbortSignal; /** null: all. */ readonly checkIds: readonly string[] | null };

/** An agent without a part of what changed hears nothing: over when all wanted have it, or nothing has come for a while. */
async function watchChange(stage: Stage, { idleAt, signal, checkIds }: Watched, save: () => Promise<unknown>): Promise<ChangeReport> {
  const QUIET_LOOKS = 12;
  const wanted = await stage.hosts.watchChanges(checkIds);
  const [cpu, savedAtMs] = [cpuSince(stage), Date.now()];
  await save();
  const answeredMs = Date.now() - savedAtMs;
  let [changed, quiet] = [0, 0];
  await until(async () => {
    const now = (await stage.hosts.status()).changed;
    quiet = now === changed && now > 0 ? quiet + 1 : 0;
    changed = now;
    return now >= wanted || quiet >= QUIET_LOOKS;
  }, LOOK_EVERY_MS, signal);
  const tookMs = (await stage.hosts.changes()).map((atMs) => atMs - savedAtMs);
  const idleUs = (idleAt?.coordinatorPercent ?? 0) * 10 * (Date.now() - savedAtMs);
  return {
    wanted, reached: tookMs.length, answeredMs, p50: percentile(tookMs, 0.5), p99: percentile(tookMs, 0.99), max: tookMs.at(-1) ?? NaN,
    coordinatorUsAnAgent: Math.max(0, cpu().coordinatorUs - idleUs) / Math.max(1, tookMs.length),
  };
}

export async function liveResults(stage: Stage, withinMs: number): Promise<IngestReport> {
  const { rate, seconds } = stage.settings;
  const cpu = cpuSince(stage);
  const lostBefore = (await stage.hosts.status()).sessionsLost;
  const { offered, left, elapsedMs, slicesMs } = await stage.hosts.live(rate, seconds * 1000, withinMs);
  const { coordinatorUs, postgresUs } = cpu();
  const waitsMs = slicesMs.flat().sort((a, b) => a - b);
  return {
    offeredPerSecond: offered / (elapsedMs / 1000), unacknowledged: left, p50: percentile(waitsMs, 0.5), p99: percentile(waitsMs, 0.99), max: waitsMs.at(-1) ?? NaN,
    slicesP99Ms: slicesMs.map((slice) => Math.round(percentile(slice, 0.99))),
    coordinatorUsAResult: coordinatorUs / offered, postgresUsAResult: postgresUs / offered, sessionsLost: (await stage.hosts.status()).sessionsLost - lostBefore,
  };
}

/** Live results beside the backlog, slice by slice, until the backlog is gone. */
export async function drain(stage: Stage, withinMs: number, signal: AbortSignal): Promise<BacklogReport> {
  const [startedMs, cpu] = [performance.now(), cpuSince(stage)];
  const waitsMs: number[] = [];
  const slicesP99Ms: number[] = [];
  for (let left = Infinity; left > 0 && !signal.aborted;) {
    const slice = await stage.hosts.live(LIVE_BESIDE_BACKLOG_PER_SECOND, SLICE_MS, withinMs);
    const sliceMs = slice.slicesMs.flat().sort((a, b) => a - b);
    waitsMs.push(...sliceMs);
    slicesP99Ms.push(Math.round(percentile(sliceMs, 0.99)));
    left = (await stage.hosts.status()).backlogLeft;
    stage.say(`${left} of ${stage.settings.backlog} old results left; live ones waited ${slicesP99Ms.at(-1)} ms (p99)${slice.left > 0 ? `, ${slice.left} still wait` : ''}`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const { coordinatorUs, postgresUs } = cpu();
  waitsMs.sort((a, b) => a - b);
  return {
    rows: stage.settings.backlog, seconds, perSecond: stage.settings.backlog / seconds, slicesP99Ms,
    live: { count: waitsMs.length, p50: percentile(waitsMs, 0.5), p99: percentile(waitsMs, 0.99), max: waitsMs.at(-1) ?? NaN },
    coordinatorUsAResult: coordinatorUs / stage.settings.backlog, postgresUsAResult: postgresUs / stage.settings.backlog,
  };
}

/** The first coordinator is killed −9, and a new one begins at once: from its start until the agents are back, by how many, and what that took. */
export async function restart(stage: Stage, signal: AbortSignal): Promise<RestartReport> {
  const before = await stage.hosts.status();
  const turnedAwayBefore = (await stage.hosts.returns()).timesTurnedAway;
  const its = Math.ceil(before.connected / stage.coordinators.length);
  await stage.coordinators[0]!.kill9();
  const killedAtMs = Date.now();
  const coordinator = await stage.startCoordinator(0);
  stage.coordinators[0] = coordinator;
  const readyAfterMs = Date.now() - killedAtMs;
  let [residentMbMax, saidMs] = [0, Date.now()];
  await until(async () => {
    residentMbMax = Math.max(residentMbMax, residentMb([coordinator]));
    const { connected, sessionsLost } = await stage.hosts.status();
    if (Date.now() - saidMs > SAY_EVERY_MS) { saidMs = Date.now(); stage.say(`${connected} of ${before.connected} are back`); }
    return connected >= before.connected && sessionsLost >= before.sessionsLost + its;
  }, LOOK_EVERY_MS, signal);
  const cpuSeconds = cpuUsOf(coordinator.pid) / 1e6;
  const { atMs, timesTurnedAway } = await stage.hosts.returns();
  const returns = atMs.filter((at) => at > killedAtMs).map((at) => at - killedAtMs);
  const bySecond = Map.groupBy(returns, (afterMs) => Math.floor(afterMs / 1000));
  return {
    agents: returns.length, readySeconds: readyAfterMs / 1000, halfBackSeconds: percentile(returns, 0.5) / 1000, p99BackSeconds: percentile(returns, 0.99) / 1000, allBackSeconds: (returns.at(-1) ?? NaN) / 1000,
    sessionsPerSecondMax: Math.max(...[...bySecond.values()].map((some) => some.length)), turnedAway: timesTurnedAway - turnedAwayBefore,
    coordinatorCpuSeconds: cpuSeconds, residentMbMax,
  };
}
