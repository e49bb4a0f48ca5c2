/**
 * Sonde's agent without its coordinator: timetable, executor, probe, judge, spool and delivery are the agent's own, put
 * together as its main does. In a closed loop the next run begins when the one before it is told.
 *
 * `core` keeps results in the memory spool; `whole` also has what a running agent has beside it: the spool on disk,
 * metrics by check and the watch on the event loop. The gRPC socket itself is in neither.
 * A third argument, `kernel`, takes the kernel-timed engine.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResultsUp, type ResultsDown } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { AgentEgress } from '#agent/egress.ts';
import { attemptWith } from '#agent/executor/attempt.ts';
import { Executor } from '#agent/executor/executor.ts';
import { AgentMetrics } from '#agent/metrics.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { deliverResults } from '#agent/session/deliver-results.ts';
import { MemorySpool } from '#agent/spool/memory-spool.ts';
import type { Spool } from '#agent/spool/spool.ts';
import { SqliteSpool } from '#agent/spool/sqlite-spool.ts';
import { CoordinatorTime } from '#agent/timetable/coordinator-time.ts';
import { gapOf, type MissedSlot } from '#agent/timetable/missed-slot.ts';
import { Timetable } from '#agent/timetable/timetable.ts';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import { nextAttempt } from '#shared/retry/backoff.ts';
import type { Duplex } from '#shared/rpc/duplex.ts';
import type { Assignment } from '#shared/run/assignment.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { systemClock } from '#shared/time/clock.ts';
import { watchLoopDelay } from '#shared/time/loop-delay.ts';
import { addressOf, DEADLINE_MS, EXPECTED, REQUEST } from './exchange.ts';
import { serveWindows } from './serve-windows.ts';
import { monotonicUs, type SampleLog, type Window } from './window.ts';

/** The coordinator's (coordinator/sessions/results-stream.ts), and about what a commit takes. */
const CREDITS = 4;
const BATCH_ROWS_MAX = 500;
const COMMIT_MS = 20;
const DRAIN_MS = 3_000;
const RUNS_WAITING_MAX = 16_384;
const LOCATION_ID = randomUUID();
const ACCOUNT_ID = randomUUID();

const port = Number(process.argv[2]);
const isWhole = process.argv[3] === 'whole';
const clock = systemClock;
const time = new CoordinatorTime(clock, () => 0);
const loopback = parseCidrList('127.0.0.0/8');
if (!loopback.ok) throw new Error('loopback is a network');
const egress = new AgentEgress({ allow: loopback.list, deny: [], kind: 'public', nowMs: () => clock.monotonicUs() / 1000 });
const isKernelTimed = process.argv[4] === 'kernel';
const { probe, engineChosen } = openProbe({ resolver: 'dns', egress: (address) => egress.decide(address), clock, engine: isKernelTimed ? 'kernel' : 'plain' });
const engine = await engineChosen;
if (isKernelTimed && engine.kind !== 'kernel') throw new Error(`the kernel-timed engine refuses: ${engine.reason}`);
const dir = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const spool: Spool = isWhole ? new SqliteSpool({ path: join(dir, 'spool.db'), clock }) : new MemorySpool({ clock });
const metrics = isWhole ? new AgentMetrics('bench', () => { throw new Error('nobody scrapes the bench'); }) : null;
if (isWhole) watchLoopDelay();
const checkOf = new Map<string, number>();
const assignments: Assignment[] = [];

void deliverResults(committing(), { sessionId: '', generation: 0n }, spool);
serveWindows(run, { onEnd: () => { spool.close(); rmSync(dir, { recursive: true, force: true }); } });

async function run(window: Window, log: SampleLog): Promise<number> {
  let gaps = 0;
  const wallAheadUs = clock.nowMs() * 1000 - monotonicUs();
  const miss = (missed: MissedSlot): void => {
    gaps += 1;
    spool.append({ kind: 'gap', gap: gapOf(missed, LOCATION_ID) });
  };
  let again: (checkId: string) => void = () => {};
  const executor = new Executor({
    attempt: attemptWith({ probe, nowMs: () => time.nowMs(), isImpaired: () => false }),
    nextAttempt, clock,
    nowMs: () => time.nowMs(), clockOffset: () => ({ offsetUs: 0, errorUs: 500 }), locationId: () => LOCATION_ID,
    onResult: (result) => {
      note(log, result, window.kind === 'open' ? result.dueAtMs * 1000 - wallAheadUs : NaN);
      metrics?.countResult(result);
      spool.append({ kind: 'result', result });
      again(result.checkId);
    },
    onGap: miss,
    limits: { runs: { concurrency: window.kind === 'closed' ? window.inFlight : window.inFlightMax, waitingMax: RUNS_WAITING_MAX } },
  });
  if (window.kind === 'closed') {
    const untilUs = monotonicUs() + window.totalMs * 1000;
    const held = hold(window.inFlight, () => ({ intervalMs: 10_000, phaseMs: 0 }));
    const shoot = (assignment: Assignment): void => executor.run(assignment, Math.floor(time.nowMs()));
    again = (checkId) => { if (monotonicUs() < untilUs) shoot(held[checkOf.get(checkId)!]!); };
    for (const assignment of held) shoot(assignment);
    await pause(window.totalMs);
  } else {
    const { intervalMs, phasesMs } = window;
    const timetable = new Timetable({ clock, time, onDue: (assignment, dueAtMs) => executor.run(assignment, dueAtMs), onGap: miss });
    timetable.apply(hold(phasesMs.length, (check) => ({ intervalMs, phaseMs: phasesMs[check]! })), []);
    timetable.start();
    await pause(window.totalMs);
    timetable.stop();
  }
  await executor.drain(DRAIN_MS);
  return gaps;
}

/** The first so many checks. A spec stays the same object for as long as the process lives, as with a real agent. */
function hold(count: number, beat: (check: number) => { readonly intervalMs: number; readonly phaseMs: number }): readonly Assignment[] {
  const fromAtMs = Math.floor(time.nowMs());
  for (let check = assignments.length; check < count; check += 1) {
    const checkId = randomUUID();
    checkOf.set(checkId, check);
    assignments.push({ checkId, accountId: ACCOUNT_ID, revision: 1, spec: specOf(check), retry: null, turns: [], digest: '' });
  }
  return assignments.slice(0, count).map((assignment, check) => (
    { ...assignment, turns: [{ fromAtMs, untilMs: null, ...beat(check), modulus: 1, remainder: 0 }] }
  ));
}

function specOf(check: number): ProbeSpec {
  return {
    hostname: addressOf(check), port, ipFamily: 'IPv4', payload: Buffer.from(REQUEST), sendAfter: 'connect', steps: [], tls: null,
    readMaxBytes: 65_536, idleMs: 250, sourceAddress: null, dnsServer: null, shouldFail: false,
    assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: EXPECTED }],
    degradedResponseTimeMs: 3_000, maxResponseTimeMs: DEADLINE_MS,
  };
}

function note(log: SampleLog, { checkId, outcome, report: { timings } }: AttemptResult, dueUs: number): void {
  log.push({
    address: checkOf.get(checkId)!, endedUs: monotonicUs(), connectUs: timings.connectUs, firstByteUs: timings.firstByteUs,
    totalUs: timings.connectUs + timings.sendUs + timings.firstByteUs, isOk: outcome === 'passed', dueUs,
  });
}

/** The far end of the results stream: takes the bytes and says a little later that they are committed. */
function committing(): Duplex<ResultsDown, ResultsUp> {
  const down: ResultsDown[] = [{ message: { $case: 'opened', value: { credits: CREDITS, batchRowsMax: BATCH_ROWS_MAX } } }];
  let wake = (): void => {};
  return {
    messages: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const message = down.shift();
          if (message) yield message;
          else await new Promise<void>((resolve) => { wake = resolve; });
        }
      },
    },
    write(up) {
      ResultsUp.encode(up).finish();
      if (up.message?.$case === 'batch') {
        const { spoolId, lane, throughSequence } = up.message.value;
        setTimeout(() => {
          down.push({ message: { $case: 'acknowledged', value: { spoolId, lane, throughSequence, refused: [] } } });
          wake();
        }, COMMIT_MS);
      }
      return Promise.resolve();
    },
    end() {}, destroy() {}, signal: new AbortController().signal, cause: () => 'open',
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
