import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { Timer } from '#shared/time/clock.ts';
import { UNKNOWN_OFFSET, type ClockOffset } from '../session/clock-offset.ts';
import { endingAt } from '../session/hand-over.ts';
import { lostRun, lostShot, type LostNow } from './lost-runs.ts';
import type { FromProbing, Row, ToProbing } from './messages.ts';
import { ownBytes } from './own-bytes.ts';
import type { Probing, ProbingAnswer, ProbingEvents, ProbingLocation, ProbingSettings, ProbingStats } from './probing.ts';
import type { SideReport } from './probing-side.ts';
import { ProbingWorker, type ProbingWorkerOptions } from './probing-worker.ts';
import { GOOD_LIFE_MS, restartDelayMs } from './restart-policy.ts';
import { SlotLedger } from './slot-ledger.ts';

export type ProbingThreadOptions = ProbingWorkerOptions & {
  /** Coordinator time. */
  readonly nowMs: () => number;
};

/** Probing in a thread of its own, which is replaced when it dies. */
export function startProbing(settings: ProbingSettings, events: ProbingEvents, options: ProbingThreadOptions): Probing {
  return new ProbingThread(settings, events, options);
}

/**
 * starting → up → (down → starting → up)* → stopping → stopped.
 *
 * Everything the thread must know is kept here and told to each one anew when it is up. It answers for the slots due
 * after the instant at which it was told. Those before, which nobody has answered (the ledger knows them), are results that
 * blame the agent where a run was under way, since it may have reached its target and is not made twice (rules.md 6),
 * and gaps `agent_down` where none had begun.
 */
class ProbingThread implements Probing {
  readonly #settings: ProbingSettings;
  readonly #events: ProbingEvents;
  readonly #options: ProbingThreadOptions;
  readonly #held = new Map<string, Assignment>();
  readonly #ledger = new SlotLedger();
  readonly #shots = new Map<string, { readonly shot: Shot; readonly onAnswer: (answer: ProbingAnswer) => void }>();
  #phase: 'starting' | 'up' | 'down' | 'stopping' | 'stopped' = 'starting';
  #worker: ProbingWorker;
  #location: ProbingLocation = { id: '', kind: 'public' };
  #offset: ClockOffset = UNKNOWN_OFFSET;
  #isImpaired = false;
  /** Slots from here on are the present thread's; null until the first configuration. */
  #sinceMs: number | null = null;
  #lastSlotMs = Infinity;
  #upSinceUs = 0;
  #deaths = 0;
  #restarts = 0;
  #restart: Timer | null = null;
  #report: SideReport = NOTHING_YET;
  #loopDelayBeforeUs = 0;
  #stopped: PromiseWithResolvers<void> | null = null;

  constructor(settings: ProbingSettings, events: ProbingEvents, options: ProbingThreadOptions) {
    this.#settings = settings;
    this.#events = events;
    this.#options = options;
    this.#worker = this.#spawn();
  }

  apply(upserts: readonly Assignment[], removals: readonly string[]): void {
    const nowMs = this.#options.nowMs();
    this.#sinceMs ??= Math.floor(nowMs) + 1;
    const learnt = this.#lastSlotMs === Infinity ? upserts : endingAt(upserts, this.#lastSlotMs);
    const own = learnt.map(withOwnBytes);
    for (const checkId of removals) this.#held.delete(checkId);
    for (const assignment of own) this.#held.set(assignment.checkId, assignment);
    this.#ledger.apply(own, removals, { nowMs, sinceMs: this.#sinceMs });
    this.#tell({ kind: 'apply', sinceMs: this.#sinceMs, upserts: own, removals });
  }

  endAt(lastSlotMs: number): void {
    this.#lastSlotMs = lastSlotMs;
    const ended = endingAt(this.#held.values(), lastSlotMs);
    for (const assignment of ended) this.#held.set(assignment.checkId, assignment);
    if (this.#sinceMs !== null) this.#ledger.apply(ended, [], { nowMs: this.#options.nowMs(), sinceMs: this.#sinceMs });
    this.#tell({ kind: 'endAt', lastSlotMs });
  }

  setClockOffset(offset: ClockOffset): void {
    if (offset.offsetUs === this.#offset.offsetUs && offset.errorUs === this.#offset.errorUs) return;
    this.#offset = offset;
    this.#tell({ kind: 'clockOffset', offset });
  }

  setImpaired(isImpaired: boolean): void {
    this.#isImpaired = isImpaired;
    this.#tell({ kind: 'impaired', isImpaired });
  }

  setLocation(location: ProbingLocation): void {
    this.#location = location;
    this.#tell({ kind: 'location', location });
  }

  shoot(shot: Shot, onAnswer: (answer: ProbingAnswer) => void): void {
    if (this.#shots.has(shot.runId)) return;
    if (this.#phase === 'stopping' || this.#phase === 'stopped') return onAnswer({ kind: 'refused', reason: 'stopping' });
    if (this.#phase === 'down') return onAnswer({ kind: 'refused', reason: 'agent_down' });
    if (this.#shots.size >= SHOTS_MAX) return onAnswer({ kind: 'refused', reason: 'overloaded' });
    const own = { ...shot, spec: withOwnBytes(shot).spec };
    this.#shots.set(shot.runId, { shot: own, onAnswer });
    this.#tell({ kind: 'shoot', shot: own });
  }

  stats(): ProbingStats {
    return {
      ...this.#report,
      loopDelayP99Us: Math.max(this.#report.loopDelayP99Us, this.#loopDelayBeforeUs),
      isUp: this.#phase === 'up', assignments: this.#held.size, restarts: this.#restarts,
    };
  }

  stop(drainMs: number): Promise<void> {
    if (this.#stopped) return this.#stopped.promise;
    this.#stopped = Promise.withResolvers();
    this.#restart?.cancel();
    const isDown = this.#phase === 'down';
    this.#phase = 'stopping';
    if (isDown) this.#over();
    else this.#worker.stop(drainMs, drainMs + STOP_MARGIN_MS);
    return this.#stopped.promise;
  }

  #spawn(): ProbingWorker {
    return new ProbingWorker(this.#settings, this.#options, {
      onMessage: (message) => this.#heard(message),
      onMessageError: (error) => this.#events.onAttemptError(error),
      onDeath: (cause) => this.#died(cause),
    });
  }

  /** A thread that is not up yet is told everything when it is. */
  #tell(message: ToProbing): void {
    if (this.#phase === 'up') this.#worker.tell(message);
  }

  #heard(message: Exclude<FromProbing, { kind: 'dying' }>): void {
    switch (message.kind) {
      case 'ready': return this.#welcome();
      case 'rows':
        for (const row of message.rows) this.#take(row);
        return this.#tell({ kind: 'taken', bytes: message.bytes });
      case 'answered': {
        const waiting = this.#shots.get(message.runId);
        this.#shots.delete(message.runId);
        return waiting?.onAnswer(message.answer);
      }
      case 'report':
        this.#loopDelayBeforeUs = this.#report.loopDelayP99Us;
        this.#report = message.report;
        return;
      case 'omitted': return this.#events.onOmitted(message.count);
      case 'attemptError': return this.#events.onAttemptError(message.error);
      case 'stopped': return this.#worker.end();
    }
  }

  #welcome(): void {
    if (this.#phase !== 'starting') return;
    this.#phase = 'up';
    this.#upSinceUs = this.#options.clock.monotonicUs();
    if (this.#restarts > 0 && this.#sinceMs !== null) {
      const throughMs = Math.floor(this.#options.nowMs());
      this.#missThrough(throughMs);
      this.#sinceMs = throughMs + 1;
    }
    this.#tell({ kind: 'location', location: this.#location });
    this.#tell({ kind: 'clockOffset', offset: this.#offset });
    this.#tell({ kind: 'impaired', isImpaired: this.#isImpaired });
    if (this.#sinceMs !== null) this.#tell({ kind: 'apply', sinceMs: this.#sinceMs, upserts: [...this.#held.values()], removals: [] });
    if (this.#lastSlotMs !== Infinity) this.#tell({ kind: 'endAt', lastSlotMs: this.#lastSlotMs });
    for (const { shot } of this.#shots.values()) this.#tell({ kind: 'shoot', shot });
  }

  #take(row: Row): void {
    if (row.kind === 'gap') {
      this.#ledger.answered(row.missed.checkId, row.missed.dueAtMs);
      this.#events.onGap(row.missed);
      return;
    }
    if (row.result.isFinal) this.#ledger.answered(row.result.checkId, row.result.dueAtMs);
    else this.#ledger.attempted(row.result);
    this.#events.onResult(row.result);
  }

  #died(cause: unknown): void {
    if (this.#phase === 'stopping') return this.#over();
    this.#phase = 'down';
    this.#restarts += 1;
    const livedMs = this.#upSinceUs === 0 ? 0 : (this.#options.clock.monotonicUs() - this.#upSinceUs) / 1000;
    this.#deaths = livedMs >= GOOD_LIFE_MS ? 1 : this.#deaths + 1;
    this.#upSinceUs = 0;
    this.#report = NOTHING_YET;
    const answered = this.#answerForTheDead();
    const restartInMs = restartDelayMs(this.#deaths);
    this.#events.onDown({ cause, ...answered, restartInMs });
    this.#restart = this.#options.clock.setTimer(restartInMs, () => {
      this.#phase = 'starting';
      this.#worker = this.#spawn();
    });
  }

  #over(): void {
    this.#phase = 'stopped';
    this.#answerForTheDead();
    this.#stopped?.resolve();
  }

  #answerForTheDead(): { readonly faults: number; readonly gaps: number } {
    const now = { nowMs: this.#options.nowMs(), locationId: this.#location.id, offset: this.#offset };
    const lost = this.#ledger.takeBegun(this.#worker.begun(), now.nowMs);
    for (const { assignment, begun } of lost) this.#events.onResult(lostRun(begun, assignment, now));
    const gaps = this.#missThrough(Math.floor(now.nowMs));
    this.#giveUpShots(now);
    return { faults: lost.length, gaps };
  }

  /** How many slots until then were never answered; they are gaps. */
  #missThrough(throughMs: number): number {
    const unanswered = this.#ledger.takeUnanswered(throughMs);
    for (const slot of unanswered) this.#events.onGap({ ...slot, reason: 'agent_down' });
    return unanswered.length;
  }

  #giveUpShots(now: LostNow): void {
    const lost = [...this.#shots.values()];
    this.#shots.clear();
    for (const { shot, onAnswer } of lost) onAnswer({ kind: 'result', result: lostShot(shot, now) });
  }
}

/** Bytes decoded from a frame are views of it; held as they are, every one would hold (and clone) the whole frame. */
function withOwnBytes<T extends Pick<Assignment, 'spec'>>(held: T): T {
  const { payload } = held.spec;
  if (payload === null || ownBytes(payload) === payload) return held;
  return { ...held, spec: { ...held.spec, payload: ownBytes(payload) } };
}

const NOTHING_YET: SideReport = { inFlight: 0, latenessP99Us: 0, loopDelayP99Us: 0, resolver: { inFlight: 0, waiting: 0, channelsOpened: 0 }, engine: { kind: 'plain', reason: 'the probing thread is being started' } };
/** As many as the executor lets wait and run. */
const SHOTS_MAX = 1_040;
/** For the last rows after the drain, and the abort before it (executor). */
const STOP_MARGIN_MS = 3_000;
