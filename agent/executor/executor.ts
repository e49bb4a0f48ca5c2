import { setMaxListeners } from 'node:events';
import type { RetryStrategy } from '#shared/check/check.ts';
import type { NextAttempt, RunProgress } from '#shared/retry/backoff.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { GapReason } from '#shared/run/gap.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { AttemptResult, Honesty, RunIdentity } from '#shared/run/result.ts';
import { nextTurn } from '#shared/schedule/turns.ts';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { startByMs } from '../timetable/grace.ts';
import type { MissedSlot } from '../timetable/missed-slot.ts';
import type { AttemptNotes } from './begun-attempt.ts';
import { KeptRunIds } from './kept-run-ids.ts';
import { LatenessWindow } from './lateness-window.ts';
import { failedOnNetwork } from '#shared/retry/network-failure.ts';
import { OwnLimit } from './own-limit.ts';
import { faultOf, settleAttempt, type SeenAttempt } from './settle-attempt.ts';
import { StartQueue, type StartLimits } from './start-queue.ts';

export type ExecutorDeps = {
  /** Probes and judges; settles soon after the signal aborts. */
  readonly attempt: (spec: ProbeSpec, signal: AbortSignal) => Promise<SeenAttempt>;
  readonly nextAttempt: (strategy: RetryStrategy | null, progress: RunProgress) => NextAttempt;
  readonly clock: Clock;
  /** Coordinator time, ms: `CoordinatorTime`. */
  readonly nowMs: () => number;
  /** What is known of the agent's clock, for the honesty of results. */
  readonly clockOffset: () => { readonly offsetUs: number; readonly errorUs: number };
  /** UUID of the location this agent is in. */
  readonly locationId: () => string;
  readonly onResult: (result: AttemptResult) => void;
  readonly onGap: (gap: MissedSlot) => void;
  /** An attempt threw: a bug, told as the agent's fault. */
  readonly onError?: (error: unknown) => void;
  /** Left out: nobody notes the attempts of scheduled runs. */
  readonly notes?: AttemptNotes;
  /** The next turn of the event loop. */
  readonly defer?: (callback: () => void) => void;
  readonly limits?: Partial<ExecutorLimits>;
};

export type ExecutorLimits = { readonly runs: StartLimits; readonly shots: StartLimits };

/** What becomes of a shot: a result, or why there will be none. */
export type ShotAnswer =
  | { readonly kind: 'result'; readonly result: AttemptResult }
  | { readonly kind: 'refused'; readonly reason: 'too_late' | 'stopping' };

export type ExecutorStats = {
  /** Attempts under way, shots included. */
  readonly inFlight: number;
  readonly waiting: number;
  /** Runs begun and not over: those under way, waiting, and pausing before a retry. */
  readonly running: number;
  readonly latenessP99Us: number;
};

/**
 * Runs attempts: one run of a check at a time, retries included, and at most N attempts at once.
 *
 * A run is waiting → attempting → (pausing → waiting → attempting)* → over. A slot of a check whose run is not over
 * is a gap `previous_still_running` (rules.md 4); one that cannot start within its grace is a gap `overloaded`.
 * Pausing holds no place among the N.
 * Shots have a small share of their own, so that "run now" answers on a busy agent, too; they are not retried.
 * Draining: nothing new is taken; runs that wait still start; pauses end at once, since an early retry is better
 * than a run without an end. What is not over in time is aborted and told as the agent's fault.
 */
export class Executor {
  readonly #deps: ExecutorDeps;
  readonly #runs: StartQueue;
  readonly #shots: StartQueue;
  readonly #ownLimit: OwnLimit;
  readonly #running = new Set<string>();
  readonly #shooting = new Set<string>();
  readonly #lateness = new LatenessWindow();
  readonly #runIds = new KeptRunIds();
  readonly #draining = new AbortController();
  readonly #aborting = new AbortController();
  #onIdle: (() => void) | null = null;

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
    const queueDeps = { clock: deps.clock, nowMs: deps.nowMs, defer: deps.defer ?? setImmediate };
    const runLimits = deps.limits?.runs ?? RUN_LIMITS;
    this.#ownLimit = new OwnLimit(runLimits.concurrency);
    this.#runs = new StartQueue(queueDeps, runLimits);
    this.#shots = new StartQueue(queueDeps, deps.limits?.shots ?? SHOT_LIMITS);
    // Every attempt and every pause listens to the same two signals.
    setMaxListeners(0, this.#draining.signal, this.#aborting.signal);
  }

  get stats(): ExecutorStats {
    return {
      inFlight: this.#runs.inFlight + this.#shots.inFlight,
      waiting: this.#runs.waiting + this.#shots.waiting,
      running: this.#running.size,
      latenessP99Us: this.#lateness.quantileUs(0.99, this.#deps.clock.monotonicUs()),
    };
  }

  /** A slot is due: runs it, or reports why not. */
  run(assignment: Assignment, dueAtMs: number): void {
    const { checkId } = assignment;
    if (this.#draining.signal.aborted) return this.#miss(assignment, dueAtMs, 'agent_down');
    if (this.#running.has(checkId)) return this.#miss(assignment, dueAtMs, 'previous_still_running');
    this.#running.add(checkId);
    this.#runs.request({
      key: checkId, startByMs: startByMs(assignment.turns, dueAtMs), isRetry: false,
      start: () => void this.#runAttempts(assignment, dueAtMs),
      expire: () => {
        this.#running.delete(checkId);
        this.#miss(assignment, dueAtMs, 'overloaded');
        this.#settleIfIdle();
      },
    });
  }

  /** Runs at once, whatever else of this check runs. The same run id again, while it is under way, is ignored. */
  shoot(shot: Shot, onAnswer: (answer: ShotAnswer) => void): void {
    if (this.#draining.signal.aborted) return onAnswer({ kind: 'refused', reason: 'stopping' });
    if (this.#shooting.has(shot.runId)) return;
    this.#shooting.add(shot.runId);
    this.#shots.request({
      key: shot.runId, startByMs: shot.deadlineMs, isRetry: false,
      start: () => void this.#fire(shot, onAnswer),
      expire: () => {
        this.#shotOver(shot.runId);
        onAnswer({ kind: 'refused', reason: 'too_late' });
      },
    });
  }

  /** Resolves when everything taken is over, at the latest `timeoutMs` (and a moment to abort the rest) from now. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining.abort();
    if (this.#isIdle()) return;
    const idle = new Promise<void>((resolve) => { this.#onIdle = resolve; });
    const stopWaiting = new AbortController();
    await Promise.race([idle, sleep(this.#deps.clock, timeoutMs, stopWaiting.signal)]);
    if (!this.#isIdle()) {
      this.#aborting.abort();
      await Promise.race([idle, sleep(this.#deps.clock, ABORT_MS, stopWaiting.signal)]);
    }
    stopWaiting.abort();
  }

  async #runAttempts(assignment: Assignment, dueAtMs: number): Promise<void> {
    const { checkId, revision, spec, turns } = assignment;
    const { notes } = this.#deps;
    const locationId = this.#deps.locationId();
    const runId = this.#runIds.of(assignment, locationId).at(dueAtMs);
    const startedAtMs = this.#deps.nowMs();
    const latenessUs = Math.max(0, Math.round((startedAtMs - dueAtMs) * 1000));
    this.#lateness.record(latenessUs, this.#deps.clock.monotonicUs());
    const nextDueMs = nextTurn(turns, dueAtMs) ?? Infinity;

    for (let attempt = 1; ; attempt += 1) {
      const honesty = this.#honesty(latenessUs, attempt === 1 ? startedAtMs : this.#deps.nowMs());
      const note = notes?.begin({ checkId, revision, dueAtMs, attempt, startedAtMs: honesty.startedAtMs, latenessUs });
      const seen = await this.#attempt(spec);
      if (note !== undefined) notes?.end(note);
      this.#noteOwnLimit(spec, seen);
      this.#runs.release();
      const next = this.#decideNext(assignment, seen, { attempt, startedAtMs, nextDueMs });
      if (!next.retry) this.#running.delete(checkId);
      this.#deps.onResult({
        runId, checkId, checkRevision: revision, locationOwed: locationId, locationExecuted: locationId,
        trigger: 'schedule', dueAtMs, attempt, isFinal: !next.retry, ...honesty, ...seen,
      });
      // The last word of a run is told before anybody waiting for the end of all runs hears of it.
      if (!next.retry) return this.#settleIfIdle();
      await sleep(this.#deps.clock, next.afterMs, this.#draining.signal);
      await this.#placeForRetry(checkId);
    }
  }

  /** A source address that this machine does not have is no want of ports. */
  #noteOwnLimit(spec: ProbeSpec, { outcome, failure }: SeenAttempt): void {
    const code = outcome === 'agent_fault' && spec.sourceAddress === null ? failure?.code ?? null : null;
    this.#ownLimit.attemptOver(code, { inFlight: this.#runs.inFlight, nowUs: this.#deps.clock.monotonicUs() });
    this.#runs.limitTo(this.#ownLimit.value);
  }

  /** Only failures are retried (rules.md 6, 23), and never into the check's next slot here. */
  #decideNext(
    assignment: Assignment, seen: SeenAttempt, run: { attempt: number; startedAtMs: number; nextDueMs: number },
  ): NextAttempt {
    if (seen.outcome !== 'failed' || this.#draining.signal.aborted) return { retry: false };
    const nowMs = this.#deps.nowMs();
    const next = this.#deps.nextAttempt(assignment.retry, {
      attempt: run.attempt, startedAtMs: run.startedAtMs, nowMs, failurePhaseIsNetwork: failedOnNetwork(seen.failure),
    });
    if (!next.retry) return next;
    const isOverInTime = nowMs + next.afterMs + assignment.spec.maxResponseTimeMs <= run.nextDueMs;
    return isOverInTime ? next : { retry: false };
  }

  #placeForRetry(key: string): Promise<void> {
    return new Promise((start) => {
      this.#runs.request({ key, startByMs: Infinity, isRetry: true, start, expire: start });
    });
  }

  async #fire(shot: Shot, onAnswer: (answer: ShotAnswer) => void): Promise<void> {
    const locationId = this.#deps.locationId();
    const honesty = this.#honesty(0, this.#deps.nowMs());
    const seen = await this.#attempt(shot.spec);
    this.#shots.release();
    const identity: RunIdentity = {
      runId: shot.runId, checkId: shot.checkId, checkRevision: shot.revision, locationOwed: locationId, locationExecuted: locationId,
      trigger: shot.trigger, dueAtMs: shot.orderedAtMs, attempt: 1, isFinal: true,
    };
    this.#shotOver(shot.runId, () => onAnswer({ kind: 'result', result: { ...identity, ...honesty, ...seen } }));
  }

  /** Lateness is the run's: how long after the slot its first attempt began. */
  #honesty(latenessUs: number, startedAtMs: number): Honesty {
    const { offsetUs, errorUs } = this.#deps.clockOffset();
    return { startedAtMs, latenessUs, clockOffsetUs: offsetUs, clockErrorUs: errorUs };
  }

  async #attempt(spec: ProbeSpec): Promise<SeenAttempt> {
    const startedUs = this.#deps.clock.monotonicUs();
    const { signal } = this.#aborting;
    try {
      const seen = await this.#deps.attempt(spec, signal);
      if (signal.aborted) return faultOf(spec, 'stopping');
      return settleAttempt(seen, spec, (this.#deps.clock.monotonicUs() - startedUs) / 1000);
    } catch (error) {
      if (signal.aborted) return faultOf(spec, 'stopping');
      this.#deps.onError?.(error);
      return faultOf(spec, 'broken');
    }
  }

  #miss({ checkId, accountId }: Assignment, dueAtMs: number, reason: GapReason): void {
    this.#deps.onGap({ checkId, accountId, dueAtMs, reason });
  }

  #shotOver(runId: string, tell?: () => void): void {
    this.#shooting.delete(runId);
    tell?.();
    this.#settleIfIdle();
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#shooting.size === 0;
  }

  #settleIfIdle(): void {
    if (this.#isIdle()) this.#onIdle?.();
  }
}

/** 64 in flight is where plain sockets stop gaining (performance.md); slow targets hold their place, so four times that. */
const RUN_LIMITS: StartLimits = { concurrency: 256, waitingMax: 16_384 };
/** A thousand: the deploy runs of a whole terraform apply wait here. */
const SHOT_LIMITS: StartLimits = { concurrency: 16, waitingMax: 1_024 };
/** For aborted attempts to come back. */
const ABORT_MS = 1_000;
