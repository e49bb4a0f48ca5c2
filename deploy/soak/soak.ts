/**
 * `npm run soak -- --minutes 60 --rate 1000 --engine kernel`: the agent's probing thread at so many checks a second
 * against targets that answer, reset, flood, drip, stay silent, close and refuse, while the thread dies now and then, of an
 * exit or an error in turn. `--minutes 1` is the short form. Exits with 1 unless every slot has exactly one final result or
 * gap, every kind of target had only the outcomes it can have, the agent was blamed for the runs under way in a thread that
 * died and for nothing else, each death was noticed within a second, and neither memory nor descriptors grew.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BroadcastChannel } from 'node:worker_threads';
import { ENGINE_CHOICES, type EngineChoice } from '#agent/probe/engine/engine-choice.ts';
import { startProbing } from '#agent/probing/probing-thread.ts';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import { dueBetween } from '#shared/schedule/turns.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { systemClock } from '#shared/time/clock.ts';
import { machine, machineLine } from '../bench/machine.ts';
import { percentile } from '../bench/statistics.ts';

const INTERVAL_MS = 1_000;
const DEADLINE_MS = 400;
/** Longer than a thread must live for its death to count as a first one, which costs hardly a slot. */
const KILL_EVERY_MS = 65_000;
const FIRST_KILL_MS = 10_000;
const SLOW_SHARE_MAX = 0.05;
/** What memory may have grown by from the middle third to the last: threads that die leave holes. */
const GROWTH_MAX = 1.1;
const GROWTH_SLACK_MB = 16;
const NOTICED_WITHIN_MS = 1_000;
/** The event loops of threads, and what Node opens on first use. */
const DESCRIPTORS_SLACK = 30;
/** Of a hundred checks: what most targets are, and some of each that is not. */
const MIX = { answers: 80, resets: 4, floods: 2, silent: 4, drips: 4, closes: 3, refused: 3 } as const;
type Kind = keyof typeof MIX;
/** Besides a fault of the agent, when its thread is ended. */
const OUTCOMES: Readonly<Record<Kind, readonly string[]>> = {
  answers: ['passed', 'degraded'], resets: ['failed'], floods: ['failed'], silent: ['failed'], drips: ['failed'], closes: ['failed'], refused: ['failed'],
};

const { values: given } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, rate: { type: 'string', default: '1000' }, engine: { type: 'string', default: 'kernel' } } });
const [minutes, rate] = [Number(given.minutes), Number(given.rate)];
if (!(minutes > 0 && minutes <= 1_440)) fail(`--minutes must be above 0 and at most 1440, not '${given.minutes}'`);
if (!(Number.isInteger(rate) && rate > 0 && rate <= 10_000)) fail(`--rate must be a whole number from 1 to 10000, not '${given.rate}'`);
if (!(ENGINE_CHOICES as readonly string[]).includes(given.engine)) fail(`--engine takes ${ENGINE_CHOICES.join(', ')}, not '${given.engine}'`);

const targets = fork(new URL('./hostile-targets.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const [ports] = await once(targets, 'message') as [Record<Kind, number>];
const problems: string[] = [];
const kinds = new Map<string, Kind>();
const outcomes = new Map<string, number>();
const uncertaintiesUs: number[] = [];
const counts = { results: 0, gaps: 0, kernel: 0, slow: 0, deaths: 0, lost: 0, faults: 0, latestLookMs: 0 };
/** Instants of deaths, as those that died told them and as they were noticed. */
const [died, noticed]: [number[], number[]] = [[], []];
let isKilled = false;

const loopback = parseCidrList('127.0.0.0/8');
if (!loopback.ok) throw new Error('loopback is a network');
const probing = startProbing({ resolver: 'dns', egress: { allow: loopback.list, deny: [] }, secretsPath: null, concurrency: 1_000, engine: given.engine as EngineChoice }, {
  onResult: (result) => {
    const kind = kinds.get(result.checkId)!;
    if (!result.isFinal) return;
    answer(result.checkId, result.dueAtMs);
    counts.results += 1;
    if (result.report.clock === 'kernel') counts.kernel += 1;
    if (uncertaintiesUs.length < 100_000) uncertaintiesUs.push(result.report.uncertaintyUs);
    const key = `${kind} ${result.outcome} ${result.failure?.code ?? ''}`.trim();
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
    // A machine that stood still for seconds is the agent's fault as well, in truth; one that is busy enough makes the best target slow.
    if (result.outcome === 'agent_fault' && result.failure?.code !== 'ERR_SUSPENDED') counts.faults += 1;
    const isSlow = kind === 'answers' && (result.failure?.code === 'SOCKET_TIMEOUT' || result.failure?.code === 'ERR_MAX_RESPONSE_TIME');
    if (isSlow) counts.slow += 1;
    if (result.outcome !== 'agent_fault' && !isSlow && !OUTCOMES[kind].includes(result.outcome)) problem(`${key}: cannot be`);
  },
  onGap: (gap) => { counts.gaps += 1; answer(gap.checkId, gap.dueAtMs); outcomes.set(`gap ${gap.reason}`, (outcomes.get(`gap ${gap.reason}`) ?? 0) + 1); },
  onOmitted: (count) => problem(`${count} slots were omitted`),
  onAttemptError: (error) => problem(`an attempt broke: ${String(error)}`),
  onDown: ({ cause, faults }) => {
    counts.deaths += 1;
    counts.lost += faults;
    if (!isKilled) return problem(`the thread was not killed, and died: ${String(cause)}`);
    noticed.push(systemClock.nowMs());
    isKilled = false;
  },
}, { clock: systemClock, nowMs: () => systemClock.nowMs(), entry: new URL('./dying-thread.ts', import.meta.url) });
probing.setLocation({ id: '3f8a1c52-6f0b-4c4e-9a57-0c1d2e3f4a5b', kind: 'private' });

const descriptorsBefore = readdirSync('/proc/self/fd').length;
const assignments = assign();
/** How often each slot was answered, check by check: made at once, so that what this script keeps does not grow. */
const countedFromMs = Math.floor(systemClock.nowMs());
const slotsACheck = Math.ceil((minutes * 60_000) / INTERVAL_MS) + 60;
const answered = new Uint8Array(rate * slotsACheck).fill(0);
const indexes = new Map(assignments.map(({ checkId }, index) => [checkId, index]));
const started = performance.now();
probing.apply(assignments, []);
/** Slots from here on are owed; the first second is the thread's to come up. */
const sinceMs = Math.ceil(systemClock.nowMs()) + 3_000;
const deaths = new BroadcastChannel('sonde-soak-death');
deaths.onmessage = (event): void => void died.push((event as { readonly data: number }).data);
const samples: { readonly mb: number; readonly descriptors: number }[] = [];
let nextKillMs = FIRST_KILL_MS;
while (performance.now() - started < minutes * 60_000) {
  const lookAtMs = performance.now() + 1_000;
  await sleep(1_000);
  counts.latestLookMs = Math.max(counts.latestLookMs, performance.now() - lookAtMs);
  samples.push({ mb: process.memoryUsage.rss() / 2 ** 20, descriptors: readdirSync('/proc/self/fd').length });
  if (performance.now() - started < nextKillMs) continue;
  nextKillMs += KILL_EVERY_MS;
  say(`${counts.results} results, ${counts.gaps} gaps, ${Math.round(samples.at(-1)!.mb)} MB, ${samples.at(-1)!.descriptors} descriptors, engine ${probing.stats().engine.kind} ${probing.stats().engine.reason}`);
  isKilled = true;
  deaths.postMessage(counts.deaths % 2 === 0 ? 'exit' : 'throw');
}
const untilMs = Math.floor(systemClock.nowMs()) - 5_000;
await probing.stop(5_000);
deaths.close();
targets.disconnect();
judge();

function assign(): readonly Assignment[] {
  const wheel = Object.entries(MIX).flatMap(([kind, share]) => Array.from({ length: share }, () => kind as Kind));
  return Array.from({ length: rate }, (_, index): Assignment => {
    const kind = wheel[(index * 37) % wheel.length]!;
    const checkId = `3f8a1c52-6f0b-4c4e-9a57-${String(index).padStart(12, '0')}`;
    kinds.set(checkId, kind);
    return {
      checkId, accountId: '7d2e1c52-6f0b-4c4e-9a57-0c1d2e3f4a5b', revision: 1, retry: null, digest: '',
      spec: aProbeSpec({
        hostname: `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`, port: ports[kind], payload: Buffer.from('PING\r\n'), maxResponseTimeMs: DEADLINE_MS, readMaxBytes: 4_096,
        assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'PONG' }],
      }),
      turns: [{ fromAtMs: 0, untilMs: null, intervalMs: INTERVAL_MS, phaseMs: (index * 997) % INTERVAL_MS, modulus: 1, remainder: 0 }],
    };
  });
}

function answer(checkId: string, dueAtMs: number): void {
  const place = placeOf(checkId, dueAtMs);
  answered[place] = Math.min(255, answered[place]! + 1);
}

/** Of the slot's count. A check has one slot in each interval. */
function placeOf(checkId: string, dueAtMs: number): number {
  const slot = Math.floor((dueAtMs - countedFromMs) / INTERVAL_MS) + 1;
  if (slot < 0 || slot >= slotsACheck) throw new Error(`slot ${dueAtMs} of ${checkId} was never to be`);
  return indexes.get(checkId)! * slotsACheck + slot;
}

function judge(): void {
  let missing = 0;
  let due = 0;
  for (const { checkId, turns } of assignments) {
    for (const dueAtMs of dueBetween(turns, sinceMs, untilMs)) {
      due += 1;
      const times = answered[placeOf(checkId, dueAtMs)]!;
      if (times === 0) missing += 1;
      if (times > 1) problem(`slot ${checkId} ${dueAtMs} has ${times} answers`);
    }
  }
  if (missing > 0) problem(`${missing} of ${due} slots have no answer`);
  if (counts.slow > SLOW_SHARE_MAX * counts.results) problem(`${counts.slow} good answers were too late: this machine is too busy for ${rate} checks a second`);
  if (due === 0) problem('nothing was due');
  if (counts.deaths === 0) problem('no thread died, so nothing was shown');
  if (counts.deaths > 0 && counts.lost === 0) problem('no run was under way in a thread that died, so nothing was shown of those');
  if (counts.faults !== counts.lost) problem(`${counts.faults} faults of the agent, of which ${counts.lost} were runs that died with their thread`);
  const noticedAfterMs = noticed.map((atMs, index) => Math.round(atMs - died[index]!));
  for (const ms of noticedAfterMs) if (!(ms <= NOTICED_WITHIN_MS)) problem(`a death was noticed after ${ms} ms`);
  for (const kind of Object.keys(MIX)) if (![...outcomes.keys()].some((key) => key.startsWith(`${kind} `))) problem(`no result of a target that ${kind}`);
  const third = Math.ceil(samples.length / 3);
  const thirds = [samples.slice(0, third), samples.slice(third, 2 * third), samples.slice(2 * third)].map((part) => part.map(({ mb }) => mb).sort((a, b) => a - b));
  const [, early = 0, late = 0] = thirds.map((part) => percentile(part, 0.5));
  if (late > early * GROWTH_MAX + GROWTH_SLACK_MB) problem(`memory grew from ${Math.round(early)} to ${Math.round(late)} MB`);
  const left = readdirSync('/proc/self/fd').length;
  if (left > descriptorsBefore + DESCRIPTORS_SLACK) problem(`${left} descriptors are open where ${descriptorsBefore} were before`);
  say(machineLine(machine()));
  say(`${due} slots due, ${counts.results} results (${counts.kernel} by the kernel's clock), ${counts.gaps} gaps, ${counts.deaths} deaths, noticed after ${noticedAfterMs.join(', ')} ms; this thread was itself up to ${Math.round(counts.latestLookMs)} ms late`);
  say(`MB in each third, p50 and most: ${thirds.map((part) => `${Math.round(percentile(part, 0.5))}, ${Math.round(part.at(-1) ?? NaN)}`).join('; ')}. ${counts.lost} runs died with their thread`);
  say(`uncertainty µs p50 ${percentile(uncertaintiesUs.sort((a, b) => a - b), 0.5)}, p99 ${percentile(uncertaintiesUs, 0.99)}`);
  for (const [key, times] of [...outcomes].sort()) say(`  ${key}: ${times}`);
  for (const each of problems.slice(0, 20)) say(`! ${each}`);
  say(problems.length === 0 ? 'all held' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function problem(what: string): void {
  problems.push(what);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(what: string): never {
  process.stderr.write(`${what}\n`);
  process.exit(2);
}
