import { nextAttempt } from '#shared/retry/backoff.ts';
import type { Assignment, Shot } from '#shared/run/assignment.ts';
import type { Clock } from '#shared/time/clock.ts';
import { Executor, type ExecutorDeps, type ExecutorStats, type ShotAnswer } from '../executor/executor.ts';
import type { ClockOffset } from '../session/clock-offset.ts';
import { endingAt } from '../session/hand-over.ts';
import type { CoordinatorTime } from '../timetable/coordinator-time.ts';
import { Timetable } from '../timetable/timetable.ts';
import type { ProbingSideEvents } from './probing-side.ts';

export type OwnSlotsDeps = Pick<ExecutorDeps, 'attempt' | 'locationId' | 'defer' | 'limits' | 'notes'> & {
  readonly clock: Clock;
  readonly time: CoordinatorTime;
  readonly clockOffset: () => ClockOffset;
};

/** Timetable and executor, joined: every slot of the assignments held is run or told as a gap. Knows no sockets. */
export class OwnSlots {
  readonly #held = new Map<string, Assignment>();
  readonly #executor: Executor;
  readonly #timetable: Timetable;
  /** Infinity until a goodbye is near. */
  #lastSlotMs = Infinity;
  #isStopped = false;

  constructor({ attempt, locationId, defer, limits, notes, clock, time, clockOffset }: OwnSlotsDeps, events: ProbingSideEvents) {
    this.#executor = new Executor({
      attempt, nextAttempt, clock, locationId, clockOffset,
      nowMs: () => time.nowMs(),
      onResult: events.onResult,
      onGap: events.onGap,
      onError: events.onAttemptError,
      ...(defer ? { defer } : {}),
      ...(limits ? { limits } : {}),
      ...(notes ? { notes } : {}),
    });
    this.#timetable = new Timetable({
      clock, time,
      onDue: (assignment, dueAtMs) => this.#executor.run(assignment, dueAtMs),
      onGap: events.onGap,
      onOmitted: events.onOmitted,
      ...(events.hasRoom ? { hasRoom: events.hasRoom } : {}),
    });
  }

  /** Slots due before `sinceMs` are not this side's to answer; what counts is the first one given. */
  apply(sinceMs: number, upserts: readonly Assignment[], removals: readonly string[]): void {
    if (this.#isStopped) return;
    const learnt = this.#lastSlotMs === Infinity ? upserts : endingAt(upserts, this.#lastSlotMs);
    for (const checkId of removals) this.#held.delete(checkId);
    for (const assignment of learnt) this.#held.set(assignment.checkId, assignment);
    this.#timetable.answerFrom(sinceMs);
    this.#timetable.apply(learnt, removals);
    this.#timetable.start();
  }

  endAt(lastSlotMs: number): void {
    this.#lastSlotMs = lastSlotMs;
    this.#timetable.apply(endingAt(this.#held.values(), lastSlotMs), []);
  }

  shoot(shot: Shot, onAnswer: (answer: ShotAnswer) => void): void {
    this.#executor.shoot(shot, onAnswer);
  }

  get stats(): ExecutorStats {
    return this.#executor.stats;
  }

  /** Every result and gap has been told when it resolves. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopped = true;
    this.#timetable.stop();
    await this.#executor.drain(drainMs);
  }
}
