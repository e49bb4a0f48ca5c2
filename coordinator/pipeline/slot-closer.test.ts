import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Check } from '#shared/check/check.ts';
import { retryStrategyOf, runBudgetMs } from '#shared/retry/backoff.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { AN_ACCOUNT, aResult } from '#shared/testing/results.ts';
import { runsToClose } from './close-slots.ts';
import type { PlannedCheck } from './ports.ts';
import { SlotCloser, type KnownConfig } from './slot-closer.ts';
import { MemoryClosing } from './testing/memory-closing.ts';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const PLACES = ['ams', 'fra'];
const IDS = ['6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a', '3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a11'];
const PATIENT: Partial<Check> = { retryStrategy: { type: 'FIXED', baseBackoffSeconds: 60, maxRetries: 3, maxDurationSeconds: 600, sameRegion: true, onlyOn: null } };

const anEpoch = (changes: Partial<ScheduleEpoch> = {}): ScheduleEpoch =>
  ({ fromAtMs: START - 3 * 60 * MINUTE, intervalMs: 10_000, strategy: 'parallel', order: PLACES, active: true, ...changes });

/** A config that a test changes as the planner would. */
class Config implements KnownConfig {
  revision = 1;
  changes: AvailabilityChange[] = PLACES.map((locationId) => ({ locationId, fromAtMs: 0, available: true }));
  readonly planned: PlannedCheck[] = IDS.map((checkId) => ({ accountId: AN_ACCOUNT, checkId, revision: 1, check: aCheck(), isDeleted: false, epochs: [anEpoch()] }));

  get availability() { return availabilityIndex(this.changes); }
  checks(): readonly PlannedCheck[] { return this.planned; }
}

type World = { readonly clock: FakeClock; readonly store: MemoryClosing; readonly config: Config; closer(holder?: string): SlotCloser };

function aWorld(): World {
  const clock = new FakeClock(START);
  const [store, config] = [new MemoryClosing(clock, START - 60 * MINUTE), new Config()];
  return { clock, store, config, closer: (holder = 'a') => new SlotCloser({ config, store, clock, log: SILENT, holder }) };
}

/** Looks as often as it takes to have nothing to catch up with. */
async function closeAll(closer: SlotCloser): Promise<void> {
  while (await closer.closeDue());
}

const dueOf = (config: Config, fromMs: number, toMs: number) => config.planned.flatMap((check) => runsToClose(check, config.availability, { fromMs, toMs }));
const gapsIn = (store: MemoryClosing) => [...store.rows.values()].flatMap((row) => (row.kind === 'gap' ? [row] : []));

describe('the slot closer', () => {
  it('gives every closed slot a gap, once, of nobody, and none to what is still open', async () => {
    const { store, config, closer } = aWorld();
    const one = closer();
    await closeAll(one);
    const closedMs = START - 5_000 - 30_000;
    expect(gapsIn(store).map(({ gap }) => gap.runId).sort()).toEqual(dueOf(config, START - 60 * MINUTE, closedMs).map(({ runId }) => runId).sort());
    expect(new Set(gapsIn(store).map(({ agentId, gap }) => `${agentId} ${gap.reason}`))).toEqual(new Set(['null agent_lost']));
    expect([one.closed, store.markMs]).toEqual([gapsIn(store).length, closedMs]);
  });

  it('asks in one query where nothing is missing, and writes nothing', async () => {
    const { clock, store, config, closer } = aWorld();
    store.markMs = START - 40_000;
    for (const run of dueOf(config, START - MINUTE, START)) {
      store.rows.set(`result ${run.runId}`, { kind: 'result', accountId: AN_ACCOUNT, agentId: 'x', isSurplus: false, result: aResult({ runId: run.runId }) });
    }
    const one = closer();
    await clock.advance(5_000);
    await closeAll(one);
    expect([store.queries, one.closed, gapsIn(store).length]).toEqual([1, 0, 0]);
  });

  it('goes on where the one before it ended, however long that is ago', async () => {
    const { clock, store, config, closer } = aWorld();
    await closeAll(closer('a'));
    await clock.advance(5 * 60 * MINUTE);
    const next = closer('b');
    await closeAll(next);
    const closedMs = START + 5 * 60 * MINUTE - 35_000;
    expect(next.closed).toBe(dueOf(config, START - 35_000, closedMs).length);
    expect([store.markMs, new Set(gapsIn(store).map(({ gap }) => gap.runId)).size]).toEqual([closedMs, dueOf(config, START - 60 * MINUTE, closedMs).length]);
  });

  it('leaves it to another while that one holds the lease, and takes over when it is silent', async () => {
    const { clock, store, closer } = aWorld();
    const [one, other] = [closer('a'), closer('b')];
    await closeAll(one);
    await other.closeDue();
    expect([one.isHolding, other.isHolding, other.closed]).toEqual([true, false, 0]);
    await clock.advance(16_000);
    await closeAll(other);
    expect([other.isHolding, other.closed > 0]).toEqual([true, true]);
    const markMs = store.markMs;
    await one.closeDue();
    expect([one.isHolding, store.markMs]).toEqual([false, markMs]);
  });

  it('gives the lease back when it stops', async () => {
    const { clock, closer } = aWorld();
    const [stop, one, other] = [new AbortController(), closer('a'), closer('b')];
    one.start(stop.signal);
    await clock.advance(5_000);
    expect(one.isHolding).toBe(true);
    stop.abort();
    await one.settled();
    await other.closeDue();
    expect([one.isHolding, other.isHolding]).toEqual([false, true]);
  });

  it('waits while the config it knows is not the newest: an availability row would say another reason', async () => {
    const { store, config, closer } = aWorld();
    store.revision = 2;
    await closer().closeDue();
    expect(gapsIn(store)).toEqual([]);
    config.changes.push({ locationId: 'fra', fromAtMs: START - 30 * MINUTE, available: false });
    config.revision = 2;
    store.rejected.add(IDS[0]!);
    await closeAll(closer());
    const reasons = (checkId: string, locationId: string, fromMs: number, toMs: number) => new Set(gapsIn(store)
      .filter(({ gap }) => gap.checkId === checkId && gap.locationOwed === locationId && gap.dueAtMs >= fromMs && gap.dueAtMs < toMs).map(({ gap }) => gap.reason));
    expect(reasons(IDS[0]!, 'ams', 0, START)).toEqual(new Set(['config_rejected']));
    expect(reasons(IDS[1]!, 'fra', 0, START - 30 * MINUTE)).toEqual(new Set(['agent_lost']));
    expect(reasons(IDS[1]!, 'fra', START - 30 * MINUTE, START)).toEqual(new Set(['no_agent']));
  });

  it('waits for runs that began under a definition with more retries than the present one, and then closes them', async () => {
    const { clock, store, config, closer } = aWorld();
    const patient = aCheck(PATIENT);
    const budgetMs = runBudgetMs(retryStrategyOf(patient), patient.maxResponseTime);
    store.replaced.push({ checkId: IDS[0]!, definition: patient, replacedAtMs: START });
    const one = closer();
    await clock.advance(MINUTE);
    await closeAll(one);
    const newest = () => Math.max(...gapsIn(store).filter(({ gap }) => gap.checkId === IDS[0]).map(({ gap }) => gap.dueAtMs));
    expect(newest()).toBeLessThan(clock.nowMs() - budgetMs - 30_000);
    await clock.advance(12 * MINUTE);
    await closeAll(one);
    expect(newest()).toBeGreaterThanOrEqual(clock.nowMs() - 35_000 - 10_000);
    expect(gapsIn(store)).toHaveLength(dueOf(config, START - 60 * MINUTE, clock.nowMs() - 35_000).length);
  });

  it('tries a batch again that Postgres did not take, and leaves out nothing of it', async () => {
    const { store, config, closer } = aWorld();
    const one = closer();
    store.failures = 1;
    await expect(one.closeDue()).rejects.toThrow('Postgres is away');
    expect(store.markMs).toBe(START - 60 * MINUTE);
    await closeAll(one);
    expect(gapsIn(store)).toHaveLength(dueOf(config, START - 60 * MINUTE, START - 35_000).length);
  });

  it('is not ahead of its time when the clock here is', async () => {
    const { clock, store, config } = aWorld();
    const ahead = { ...clock, nowMs: () => clock.nowMs() + 60 * MINUTE, monotonicUs: () => clock.monotonicUs(), setTimer: clock.setTimer.bind(clock) };
    await closeAll(new SlotCloser({ config, store, clock: ahead, log: SILENT, holder: 'a' }));
    expect(Math.max(...gapsIn(store).map(({ gap }) => gap.dueAtMs))).toBeLessThan(START - 35_000);
  });

  it('closes each slot once and in time through edits, ends, crashes, takeovers and a failing Postgres', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('look' as const), who: fc.nat(1) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1_000, max: 4 * MINUTE }) }) },
      fc.record({ kind: fc.constant('edit' as const), check: fc.nat(1), patient: fc.boolean(), epoch: fc.record({ intervalMs: fc.constantFrom(10_000, 17_000, 60_000), strategy: fc.constantFrom('parallel' as const, 'round_robin' as const), active: fc.boolean() }) }),
      fc.record({ kind: fc.constant('availability' as const), place: fc.constantFrom(...PLACES), available: fc.boolean() }),
      fc.record({ kind: fc.constant('crash' as const), who: fc.nat(1) }),
      fc.record({ kind: fc.constant('trouble' as const) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { clock, store, config, closer } = aWorld();
      store.markMs = START - 5 * MINUTE;
      let incarnation = 0;
      const closers = [closer('a'), closer('b')];
      /** Per check, which definition was in force from when on. */
      const budgets = new Map(IDS.map((id) => [id, [{ fromMs: -Infinity, ms: 5_000 }]]));
      const writtenAt = new Map<string, number>();
      for (const one of steps) {
        const nowMs = Math.ceil(clock.nowMs());
        switch (one.kind) {
          case 'look': await closers[one.who]!.closeDue().catch(() => undefined); break;
          case 'time': await clock.advance(one.ms); break;
          case 'edit': {
            const known = config.planned[one.check]!;
            const check = aCheck(one.patient ? PATIENT : {});
            store.replaced.push({ checkId: known.checkId, definition: known.check, replacedAtMs: nowMs });
            const fromAtMs = Math.max(nowMs + 1_000, known.epochs.at(-1)!.fromAtMs + 1);
            config.planned[one.check] = { ...known, check, epochs: [...known.epochs, anEpoch({ fromAtMs, ...one.epoch })] };
            budgets.get(known.checkId)!.push({ fromMs: nowMs, ms: runBudgetMs(retryStrategyOf(check), check.maxResponseTime) });
            break;
          }
          case 'availability': config.changes.push({ locationId: one.place, fromAtMs: nowMs + 2_000, available: one.available }); break;
          case 'crash': incarnation += 1; closers[one.who] = closer(`c${incarnation}`); break;
          case 'trouble': store.failures = 1; break;
        }
        for (const { gap } of gapsIn(store)) if (!writtenAt.has(gap.runId)) writtenAt.set(gap.runId, clock.nowMs());
      }
      // Never too early: the run might still have been going on, under what was in force when it was due.
      for (const { gap } of gapsIn(store)) {
        const inForce = budgets.get(gap.checkId)!.findLast(({ fromMs }) => fromMs <= gap.dueAtMs)!;
        expect(writtenAt.get(gap.runId)! - gap.dueAtMs).toBeGreaterThan(inForce.ms + 30_000);
      }
      // Never left out: a quarter of an hour later all of it is closed.
      const endMs = Math.floor(clock.nowMs());
      store.failures = 0;
      await clock.advance(15 * MINUTE);
      await closeAll(closer('last'));
      const closed = new Set(gapsIn(store).map(({ gap }) => gap.runId));
      expect(dueOf(config, START - 5 * MINUTE, endMs).filter(({ runId }) => !closed.has(runId))).toEqual([]);
      expect(store.markMs).toBeGreaterThanOrEqual(endMs);
      const owed = new Set(dueOf(config, START - 5 * MINUTE, clock.nowMs()).map(({ runId }) => runId));
      expect([...closed].filter((runId) => !owed.has(runId))).toEqual([]);
    }), { numRuns: 60 });
  });
});
