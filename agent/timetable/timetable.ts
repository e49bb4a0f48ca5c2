import type { Assignment } from '#shared/run/assignment.ts';
import type { GapReason } from '#shared/run/gap.ts';
import { dueCount } from '#shared/schedule/turns.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { answeredUnder, nextUnanswered, type Answered } from './answered.ts';
import type { CoordinatorTime } from './coordinator-time.ts';
import { startByMs } from './grace.ts';
import type { MissedSlot } from './missed-slot.ts';
import { settledAhead, type Skip } from './step-back.ts';
import { Wheel } from './wheel.ts';

export type TimetableEvents = {
  readonly onDue: (assignment: Assignment, dueAtMs: number) => void;
  readonly onGap: (gap: MissedSlot) => void;
  /** Slots too long ago to list one by one; the coordinator closes them (rules.md 8). */
  readonly onOmitted?: (count: number) => void;
  /** May another slot be answered? While not, slots wait, and those that wait too long are gaps `overloaded`; left out: always. */
  readonly hasRoom?: () => boolean;
};

/**
 * Assignments → what is due now. Each slot of the assignments held is answered once, as due or as a gap, in order
 * of `dueAt`, and nothing overdue is run.
 *
 * Stopped: holds assignments, fires nothing. `start` → running. `stop` answers what is due until that very
 * instant, so that `lastSlotHandled` is a clean border for a Goodbye.
 * Running: sleeps until the next slot, half a second at most, so that a step of the clock is seen. Every look at
 * the clock is one of:
 *   - on time: what is due is due; what is later than its grace is a gap `overloaded` (the event loop was blocked);
 *   - held (see CoordinatorTime): nothing is fired until it is known what the time is;
 *   - without room for answers: nothing is answered until there is some; what waits needs no memory;
 *   - after a step, or a hold: what it skipped is `clock_jump`; after a step back nothing that was run is due again,
 *     but what a clock that was ahead had only skipped is (see step-back.ts);
 *   - more than 10 s late by the monotonic clock: the process was stopped, what it slept through is `agent_down`.
 *     (A machine that sleeps stops the monotonic clock, too: that shows as a step.)
 * Learning: an assignment that comes or changes is answered for from one minute back, but never from before the
 * first configuration this timetable ever had, nor for slots that an earlier version of it has answered. Those
 * within their grace are still run, earlier ones are `late_config`.
 */
export class Timetable {
  readonly #clock: Clock;
  readonly #time: CoordinatorTime;
  readonly #events: TimetableEvents;
  readonly #wheel: Wheel<Entry>;
  readonly #entries = new Map<string, Entry>();
  /** What was settled for checks taken away, should they come back within the minute that is looked back. */
  readonly #removed = new Map<string, { readonly answered: Answered; readonly untilMs: number }>();
  #timer: Timer | null = null;
  #isRunning = false;
  /** Slots from here on are this agent's to answer; null until the first configuration. */
  #sinceMs: number | null = null;
  #lastSlotMs = -Infinity;
  #expectedAtUs = 0;
  #steps: number;
  /** Slots are answered up to here, or were before the clock went back. */
  #followedMs: number;
  /** Since the last step back. */
  #skips: readonly Skip[] = [];
  #wasHeld = false;
  #slept: { readonly throughMs: number; readonly reason: GapReason } = { throughMs: -Infinity, reason: 'clock_jump' };

  constructor(deps: { readonly clock: Clock; readonly time: CoordinatorTime } & TimetableEvents) {
    this.#clock = deps.clock;
    this.#time = deps.time;
    this.#events = deps;
    const reading = this.#time.read();
    this.#steps = reading.steps;
    this.#followedMs = reading.nowMs;
    this.#wheel = new Wheel(reading.nowMs);
  }

  /** How many assignments are held. */
  get size(): number {
    return this.#entries.size;
  }

  /** `dueAt` of the latest slot answered, as due or as a gap; null before the first. For the Goodbye. */
  lastSlotHandled(): number | null {
    return Number.isFinite(this.#lastSlotMs) ? this.#lastSlotMs : null;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#slept = { throughMs: this.#time.nowMs(), reason: 'agent_down' };
    this.#arm(0);
  }

  /** Answers every slot due until now and fires nothing afterwards. */
  stop(): void {
    if (!this.#isRunning) return;
    const reading = this.#time.read();
    if (reading.isHeld) this.#slept = { throughMs: reading.nowMs, reason: 'clock_jump' };
    else this.#noticeSleep(reading.steps, reading.nowMs);
    this.#answerDue(reading.nowMs, Infinity);
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Slots before this are somebody else's to answer; without it, those before the first configuration are. */
  answerFrom(sinceMs: number): void {
    this.#sinceMs ??= sinceMs;
  }

  /** The whole set, as a snapshot brings it. */
  replace(assignments: readonly Assignment[]): void {
    const kept = new Set(assignments.map((assignment) => assignment.checkId));
    this.apply(assignments, [...this.#entries.keys()].filter((checkId) => !kept.has(checkId)));
  }

  /** A change of the set, as a delta brings it. Removals are check ids. */
  apply(upserts: readonly Assignment[], removals: readonly string[]): void {
    if (this.#isRunning) this.#tick();
    const nowMs = this.#time.nowMs();
    this.#sinceMs ??= Math.floor(nowMs) + 1;
    if (!this.#isRunning) this.#followedMs = Math.max(this.#followedMs, nowMs);
    this.#forgetRemoved(nowMs);
    for (const checkId of removals) this.#remove(checkId, nowMs);
    for (const assignment of upserts) this.#learn(assignment, nowMs);
    if (this.#isRunning) this.#tick();
  }

  #learn(assignment: Assignment, nowMs: number): void {
    const hasAnswered = this.#entries.get(assignment.checkId)?.hasAnswered ?? this.#removed.has(assignment.checkId);
    const answered = this.#settle(assignment.checkId, nowMs);
    this.#removed.delete(assignment.checkId);
    this.#enter({ assignment, learntAtMs: nowMs, answered, hasAnswered });
  }

  #enter(learnt: Omit<Entry, 'dueAtMs' | 'isCurrent'>, afterMs = -Infinity): void {
    const { assignment, answered } = learnt;
    const entry = { ...learnt, dueAtMs: nextUnanswered(assignment.turns, answered, afterMs) ?? Infinity, isCurrent: true };
    this.#entries.set(assignment.checkId, entry);
    if (entry.dueAtMs !== Infinity) this.#wheel.add(entry);
  }

  /** The clock was ahead: what nobody has run is due again when its time comes, not when the clock's own would have. */
  #bringBack(nowMs: number): void {
    const fromMs = Math.floor(nowMs) + 1;
    const firstMs = this.#sinceMs ?? -Infinity;
    for (const entry of this.#entries.values()) {
      const { assignment, answered, dueAtMs, hasAnswered } = entry;
      if ((hasAnswered ? dueAtMs : answered.allBeforeMs) <= fromMs) continue;
      entry.isCurrent = false;
      this.#enter({
        assignment, hasAnswered, learntAtMs: Math.min(entry.learntAtMs, nowMs),
        answered: hasAnswered ? settledAhead(assignment.turns, answered, { nowMs, nextDueMs: dueAtMs, firstMs, skips: this.#skips }) : { allBeforeMs: fromMs, slots: [] },
      }, fromMs - 1);
    }
    this.#removed.clear();
    this.#skips = [];
  }

  #remove(checkId: string, nowMs: number): void {
    if (!this.#entries.has(checkId)) return;
    const answered = this.#settle(checkId, nowMs);
    this.#entries.delete(checkId);
    if (this.#removed.size >= REMOVED_MAX) this.#removed.delete(this.#removed.keys().next().value!);
    this.#removed.set(checkId, { answered, untilMs: nowMs + LOOK_BACK_MS });
  }

  /** Retires what is held of a check and says what is settled about it. */
  #settle(checkId: string, nowMs: number): Answered {
    const lookBackMs = Math.max(this.#sinceMs ?? -Infinity, Math.ceil(nowMs - LOOK_BACK_MS));
    const entry = this.#entries.get(checkId);
    if (!entry) {
      const before = this.#removed.get(checkId)?.answered;
      return { allBeforeMs: Math.max(lookBackMs, before?.allBeforeMs ?? lookBackMs), slots: before?.slots ?? [] };
    }
    entry.isCurrent = false;
    // What it still owed stays owed, even from before the time that is looked back.
    const fromMs = Math.min(lookBackMs, entry.dueAtMs);
    const keptFromMs = this.#skips[0]?.fromMs ?? fromMs;
    return answeredUnder(entry.assignment.turns, entry.answered, { fromMs, keptFromMs, nextDueMs: entry.dueAtMs, lastSlotMs: this.#lastSlotMs });
  }

  #forgetRemoved(nowMs: number): void {
    for (const [checkId, { untilMs }] of this.#removed) {
      if (untilMs > nowMs) break;
      this.#removed.delete(checkId);
    }
  }

  #tick(): void {
    const reading = this.#time.read();
    if (reading.isHeld) {
      this.#wasHeld = true;
      this.#arm(HELD_LOOK_MS);
      return;
    }
    this.#noticeSleep(reading.steps, reading.nowMs);
    const isAllAnswered = this.#answerDue(reading.nowMs, SLOTS_PER_TURN_MAX, () => this.#hasRoom());
    const nextMs = this.#wheel.nextAtMs() ?? Infinity;
    if (!this.#hasRoom()) this.#arm(HELD_LOOK_MS);
    else this.#arm(isAllAnswered ? Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, nextMs - reading.nowMs)) : 0);
  }

  /** Why slots that are found overdue now were not answered in time, unless the loop was just busy. */
  #noticeSleep(steps: number, nowMs: number): void {
    const lateUs = this.#clock.monotonicUs() - this.#expectedAtUs;
    if (steps !== this.#steps || this.#wasHeld) this.#slept = { throughMs: nowMs, reason: 'clock_jump' };
    else if (this.#timer && lateUs > STOPPED_US) this.#slept = { throughMs: nowMs, reason: 'agent_down' };
    if (steps !== this.#steps) this.#noticeStep(nowMs);
    else this.#followedMs = Math.max(this.#followedMs, nowMs);
    this.#steps = steps;
    this.#wasHeld = false;
  }

  #noticeStep(nowMs: number): void {
    if (nowMs > this.#followedMs) {
      this.#skips = [...this.#skips, { fromMs: this.#followedMs, throughMs: nowMs }].slice(-SKIPS_MAX);
    } else if (this.#sinceMs !== null) {
      this.#bringBack(nowMs);
      // Slots from before the first configuration's time are due, too, if nobody has answered them.
      this.#sinceMs = Math.min(this.#sinceMs, Math.floor(nowMs) + 1);
    }
    this.#followedMs = nowMs;
  }

  #hasRoom(): boolean {
    return this.#events.hasRoom?.() ?? true;
  }

  /** Answers slots in order of `dueAt`; false when there are more than `slotsMax` or than there is room for. */
  #answerDue(nowMs: number, slotsMax: number, hasRoom: () => boolean = () => true): boolean {
    for (let slots = 0; slots < slotsMax && hasRoom(); slots += 1) {
      const entry = this.#wheel.takeDue(nowMs);
      if (!entry) return true;
      if (!entry.isCurrent) continue;
      this.#answerNext(entry, nowMs);
      if (entry.dueAtMs !== Infinity) this.#wheel.add(entry);
    }
    return false;
  }

  #answerNext(entry: Entry, nowMs: number): void {
    const { turns } = entry.assignment;
    const dueAtMs = this.#firstListed(entry, nowMs);
    if (dueAtMs <= nowMs) {
      entry.hasAnswered = true;
      this.#answer(entry.assignment, dueAtMs, entry.learntAtMs, nowMs);
    }
    entry.dueAtMs = dueAtMs > nowMs ? dueAtMs : nextUnanswered(turns, entry.answered, dueAtMs) ?? Infinity;
  }

  /** The entry's next slot, or, after a very long sleep, the first that is worth listing. */
  #firstListed(entry: Entry, nowMs: number): number {
    const fromMs = Math.floor(nowMs) - LISTED_MS;
    if (entry.dueAtMs >= fromMs) return entry.dueAtMs;
    this.#events.onOmitted?.(dueCount(entry.assignment.turns, entry.dueAtMs, fromMs));
    return nextUnanswered(entry.assignment.turns, entry.answered, fromMs - 1) ?? Infinity;
  }

  #answer(assignment: Assignment, dueAtMs: number, learntAtMs: number, nowMs: number): void {
    this.#lastSlotMs = Math.max(this.#lastSlotMs, dueAtMs);
    if (nowMs <= startByMs(assignment.turns, dueAtMs)) {
      this.#events.onDue(assignment, dueAtMs);
      return;
    }
    const { checkId, accountId } = assignment;
    this.#events.onGap({ checkId, accountId, dueAtMs, reason: this.#reasonFor(dueAtMs, learntAtMs) });
  }

  #reasonFor(dueAtMs: number, learntAtMs: number): GapReason {
    if (learntAtMs > dueAtMs) return 'late_config';
    return dueAtMs <= this.#slept.throughMs ? this.#slept.reason : 'overloaded';
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    // Whole ms, rounded up: Node would round down, wake early and have to sleep again.
    const wholeMs = Math.ceil(delayMs);
    this.#expectedAtUs = this.#clock.monotonicUs() + wholeMs * 1000;
    this.#timer = this.#clock.setTimer(wholeMs, () => this.#tick());
  }
}

type Entry = {
  readonly assignment: Assignment;
  /** The next slot to answer; everything its turns owe before it is settled. Infinity: none comes any more. */
  dueAtMs: number;
  readonly learntAtMs: number;
  readonly answered: Answered;
  /** Has a slot of its check been answered since it came? */
  hasAnswered: boolean;
  /** false once a newer version has taken its place; the wheel drops it when it meets it. */
  isCurrent: boolean;
};

/** How far back an agent answers for a check it has just learnt of. The coordinator closes what is older (rules.md 8). */
const LOOK_BACK_MS = 60_000;
/** After a sleep of days, gaps of the last hour are listed one by one: 360 a check at most. */
const LISTED_MS = 3_600_000;
/** A step of the wall clock is seen within this time even when nothing is due. */
const LOOK_MS_MAX = 500;
/** Slots closer together than this share a wake-up, which costs 50 µs of kernel and timers; a fire costs two. */
const LOOK_MS_MIN = 3;
const HELD_LOOK_MS = 100;
/** Far above what a busy event loop is ever late (F26: 2 s); a process that is later was stopped (F20). */
const STOPPED_US = 10_000_000;
/** Then the event loop gets its turn: a burst of gaps or of a million checks must not stop the heartbeat. */
const SLOTS_PER_TURN_MAX = 4_096;
/** Beyond, the oldest is forgotten: after a step back, what it skipped stays a gap. */
const SKIPS_MAX = 16;
/** Beyond, the oldest is forgotten: its check, back within the minute, would report a gap for a slot it ran; ingest drops that. */
const REMOVED_MAX = 10_000;
