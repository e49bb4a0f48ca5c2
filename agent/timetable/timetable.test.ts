import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Assignment } from '#shared/run/assignment.ts';
import type { GapReason } from '#shared/run/gap.ts';
import { cadenceOf } from '#shared/schedule/cadence.ts';
import { dueBetween, type Turns } from '#shared/schedule/turns.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { CoordinatorTime } from './coordinator-time.ts';
import { Timetable } from './timetable.ts';

const START = Date.UTC(2026, 0, 1);
const FROM_EVER = 0;

describe('a timetable', () => {
  it('fires every slot at its instant, in order, and nothing from before it was configured', async () => {
    const { timetable, clock, answers, turns } = aRunningTimetable();
    await clock.advance(35_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 35_001));
    expect(answers.every(({ kind, atMs, dueAtMs }) => kind === 'due' && atMs - dueAtMs < 1)).toBe(true);
    expect(timetable.lastSlotHandled()).toBe(answers.at(-1)!.dueAtMs);
  });

  it('follows the coordinator\'s clock, not its own', async () => {
    const { clock, answers, turns } = aRunningTimetable({ offsetMs: 3_456_789 });
    await clock.advance(20_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 3_456_790, START + 3_476_790));
  });

  it('records what a blocked event loop made it miss, and still runs what is within its grace', async () => {
    const { clock, answers } = aRunningTimetable({ checks: 40 });
    await clock.stall(5_000);
    const late = answers.filter(({ atMs, dueAtMs }) => atMs - dueAtMs > 2_000);
    expect(late.length).toBeGreaterThan(5);
    expect(late.every(({ kind, reason }) => kind === 'gap' && reason === 'overloaded')).toBe(true);
    expect(answers.filter(({ kind }) => kind === 'due').length).toBeGreaterThan(3);
  });

  it('answers a stopped process with gaps, not with a burst', async () => {
    const { clock, answers, turns } = aRunningTimetable();
    await clock.stall(600_000);
    const gaps = answers.filter(({ kind }) => kind === 'gap');
    expect(gaps.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 600_001 - 2_000));
    expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['agent_down']));
  });

  it('makes gaps of what a forward step of the wall clock skipped, once it has waited for the coordinator in vain', async () => {
    const { clock, answers, turns } = aRunningTimetable();
    await clock.advance(12_000);
    clock.fake.jumpWall(600_000);
    await clock.advance(4_000);
    expect(answers.every(({ dueAtMs }) => dueAtMs <= START + 12_000)).toBe(true);
    await clock.advance(26_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 642_001));
    expect(answers.filter(({ kind }) => kind === 'gap').every(({ reason }) => reason === 'clock_jump')).toBe(true);
    expect(answers.filter(({ kind }) => kind === 'gap').length).toBeGreaterThan(55);
  });

  it('skips nothing when the coordinator corrects the offset after a step of the wall clock', async () => {
    const { clock, answers, turns, setOffset } = aRunningTimetable();
    await clock.advance(12_000);
    clock.fake.jumpWall(3_600_000);
    await clock.advance(1_900);
    setOffset(-3_600_000);
    await clock.advance(40_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 53_901));
    expect(answers.every(({ kind }) => kind === 'due')).toBe(true);
  });

  it('is not silent until its wrong time has come when its clock was an hour ahead as it began', async () => {
    const { clock, answers, turns, setOffset } = aRunningTimetable({ offsetMs: 3_600_000 });
    await clock.advance(100);
    setOffset(0);
    await clock.advance(40_000);
    expect(answers.filter(({ dueAtMs }) => dueAtMs < START + 60_000).map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1_000, START + 40_101));
    expect(answers.every(({ kind }) => kind === 'due')).toBe(true);
  });

  it.each([45_000, 400_000, 5_400_000])('runs in its time what a clock that was %i ms ahead only skipped, and repeats nothing that can be taken', async (aheadMs) => {
    const { clock, answers, turns } = aRunningTimetable();
    await clock.advance(30_000);
    clock.fake.jumpWall(aheadMs);
    await clock.advance(60_000);
    const early = answers.filter(({ kind, dueAtMs }) => kind === 'due' && dueAtMs > START + 31_000);
    clock.fake.jumpWall(-aheadMs);
    await clock.advance(6_000);
    const before = answers.length;
    await clock.advance(600_000);
    const taken = early.map(({ dueAtMs }) => dueAtMs).filter((slot) => slot < START + 600_000);
    expect(taken.length > 0).toBe(aheadMs < 600_000);
    expect(answers.slice(before).every(({ kind }) => kind === 'due')).toBe(true);
    expect(answers.slice(before).map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 96_001, START + 696_001).filter((slot) => !taken.includes(slot)));
  });

  it('repeats no slot when the wall clock steps back', async () => {
    const { clock, answers, turns } = aRunningTimetable();
    await clock.advance(60_000);
    clock.fake.jumpWall(-30_000);
    await clock.advance(60_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 90_001));
  });

  it('lists the gaps of the last hour after a sleep of days, and counts the rest', async () => {
    const { clock, answers, omitted } = aRunningTimetable();
    clock.fake.jumpWall(2 * 86_400_000);
    await clock.advance(10_000);
    expect(answers.length).toBeGreaterThan(355);
    expect(answers.length).toBeLessThan(365);
    expect(omitted() + answers.length).toBe((2 * 86_400_000) / 10_000 + 1);
  });

  it('keeps the phase of an edited check and runs a slot of the transition once', async () => {
    const { timetable, clock, answers, turns } = aRunningTimetable();
    await clock.advance(25_000);
    timetable.apply([anAssignment('check-0', turns, 2)], []);
    timetable.apply([anAssignment('check-0', turns, 3)], []);
    await clock.advance(25_000);
    expect(answers.map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 1, START + 50_001));
    expect(answers.at(-1)!.revision).toBe(3);
  });

  it('runs a slot it learns of within its grace, and records an earlier one as late_config', async () => {
    const { timetable, clock, answers } = aRunningTimetable();
    await clock.advance(30_000);
    const isLate = (by: number): Turns => ({ fromAtMs: START, untilMs: null, intervalMs: 60_000, phaseMs: (START + 30_000 - by) % 60_000, modulus: 1, remainder: 0 });
    timetable.apply([anAssignment('just-in-time', [isLate(1_500)]), anAssignment('too-late', [isLate(2_500)])], []);
    expect(answers.find(({ checkId }) => checkId === 'just-in-time')).toMatchObject({ kind: 'due', dueAtMs: START + 28_500 });
    expect(answers.find(({ checkId }) => checkId === 'too-late')).toMatchObject({ kind: 'gap', reason: 'late_config', dueAtMs: START + 27_500 });
  });

  it('does not answer again for a check that goes and comes back', async () => {
    const { timetable, clock, answers, turns } = aRunningTimetable();
    await clock.advance(30_000);
    const before = answers.length;
    timetable.replace([]);
    expect(timetable.size).toBe(0);
    await clock.advance(500);
    timetable.replace([anAssignment('check-0', turns)]);
    expect(answers.slice(before).filter(({ dueAtMs }) => dueAtMs <= START + 30_000)).toEqual([]);
    await clock.advance(20_000);
    expect(answers.slice(before).map(({ dueAtMs }) => dueAtMs)).toEqual(dueBetween(turns, START + 30_001, START + 50_501));
  });

  it('stops with everything answered that was due, and fires nothing later', async () => {
    const { timetable, clock, answers, turns } = aRunningTimetable();
    await clock.advance(42_000);
    timetable.stop();
    expect(timetable.lastSlotHandled()).toBe(dueBetween(turns, START, START + 42_001).at(-1));
    const count = answers.length;
    await clock.advance(60_000);
    expect(answers).toHaveLength(count);
    expect(clock.fake.pending).toBe(0);
  });

  it('answers every slot, and runs none twice, whatever happens to clocks, event loop and assignments', async () => {
    const anEvent = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
      fc.record({ kind: fc.constant('stall' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
      fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -40_000, max: 40_000 }) }),
      fc.record({ kind: fc.constant('offset' as const), ms: fc.integer({ min: -40_000, max: 40_000 }) }),
      fc.record({ kind: fc.constant('turns' as const), lateMs: fc.integer({ min: -1_000, max: 10_000 }), intervalMs: fc.constantFrom(10_000, 15_000, 60_000), modulus: fc.integer({ min: 1, max: 3 }) }),
      fc.constant({ kind: 'away' as const }),
    );
    await fc.assert(fc.asyncProperty(fc.array(anEvent, { minLength: 1, maxLength: 15 }), async (events) => {
      const world = aRunningTimetable();
      let turns = world.turns;
      let offsetMs = 0;
      for (const event of events) {
        if (event.kind === 'pass') await world.clock.advance(event.ms);
        else if (event.kind === 'stall') await world.clock.stall(event.ms);
        else if (event.kind === 'jump') world.clock.fake.jumpWall(event.ms);
        else if (event.kind === 'offset') world.setOffset((offsetMs += event.ms));
        else if (event.kind === 'away') { world.timetable.replace([]); world.timetable.replace([anAssignment('check-0', turns)]); }
        else {
          const fromAtMs = Math.ceil(Math.max(world.time.nowMs() - event.lateMs, (turns.at(-1)?.fromAtMs ?? 0) + 1, START + 1));
          const cadence = cadenceOf('check-0', event.intervalMs);
          turns = [...turns.slice(0, -1), { ...turns.at(-1)!, untilMs: fromAtMs }, { fromAtMs, untilMs: null, ...cadence, modulus: event.modulus, remainder: 0 }];
          world.timetable.apply([anAssignment('check-0', turns)], []);
        }
      }
      await world.clock.advance(70_000);
      const answered = world.answers.map(({ dueAtMs }) => dueAtMs);
      const run = world.answers.filter(({ kind }) => kind === 'due').map(({ dueAtMs }) => dueAtMs);
      expect(new Set(run).size).toBe(run.length);
      world.answers.forEach(({ kind, dueAtMs }, index) => {
        if (kind === 'gap') expect(world.answers.slice(0, index).some((one) => one.kind === 'due' && one.dueAtMs === dueAtMs)).toBe(false);
      });
      const owed = dueBetween(turns, START + 1, world.time.nowMs());
      expect(owed.filter((slot) => !answered.includes(slot))).toEqual([]);
      for (const { kind, atMs, dueAtMs } of world.answers) if (kind === 'due') expect(atMs - dueAtMs).toBeLessThanOrEqual(2_000);
    }), { numRuns: 150 });
  }, 20_000);
});

type Answer = { kind: 'due' | 'gap'; checkId: string; dueAtMs: number; atMs: number; reason?: GapReason; revision?: number };

function aRunningTimetable(options: { checks?: number; offsetMs?: number } = {}) {
  const clock = new StallingClock();
  let offsetMs = options.offsetMs ?? 0;
  let omitted = 0;
  const answers: Answer[] = [];
  const time = new CoordinatorTime(clock, () => offsetMs);
  const timetable = new Timetable({
    clock, time,
    onDue: ({ checkId, revision }, dueAtMs) => answers.push({ kind: 'due', checkId, dueAtMs, revision, atMs: time.nowMs() }),
    onGap: ({ checkId, dueAtMs, reason }) => answers.push({ kind: 'gap', checkId, dueAtMs, reason, atMs: time.nowMs() }),
    onOmitted: (count) => { omitted += count; },
  });
  const ids = Array.from({ length: options.checks ?? 1 }, (_, n) => `check-${n}`);
  const turnsFor = (checkId: string): Turns[] => [{ fromAtMs: FROM_EVER, untilMs: null, ...cadenceOf(checkId, 10_000), modulus: 1, remainder: 0 }];
  timetable.replace(ids.map((checkId) => anAssignment(checkId, turnsFor(checkId))));
  timetable.start();
  return { timetable, clock, time, answers, turns: turnsFor('check-0'), omitted: () => omitted, setOffset: (ms: number) => { offsetMs = ms; } };
}

function anAssignment(checkId: string, turns: readonly Turns[], revision = 1): Assignment {
  return { checkId, accountId: 'account-1', revision, spec: aProbeSpec(), retry: null, turns, digest: `${checkId}@${revision}` };
}

/** A FakeClock whose event loop can be blocked: timers that come due meanwhile fire at its end. */
class StallingClock implements Clock {
  readonly fake = new FakeClock(START);
  #isStalled = false;
  #late: (() => void)[] = [];

  nowMs(): number { return this.fake.nowMs(); }
  monotonicUs(): number { return this.fake.monotonicUs(); }
  advance(ms: number): Promise<void> { return this.fake.advance(ms); }

  setTimer(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    const fire = (): void => { if (!isCancelled) callback(); };
    const timer = this.fake.setTimer(delayMs, () => (this.#isStalled ? this.#late.push(fire) : fire()));
    return { cancel: () => { isCancelled = true; timer.cancel(); } };
  }

  async stall(ms: number): Promise<void> {
    this.#isStalled = true;
    await this.fake.advance(ms);
    this.#isStalled = false;
    for (const fire of this.#late.splice(0)) fire();
    await this.fake.advance(0);
  }
}
