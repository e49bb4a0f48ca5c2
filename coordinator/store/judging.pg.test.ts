import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import { phaseMs } from '#shared/schedule/cadence.ts';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { owedSlotsOf } from '../verdict/owed-slots-of.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { Check } from '#shared/check/check.ts';
import { DEFAULT_ALERT_SETTINGS } from '../alerting/effective-settings.ts';
import type { Notice } from '../alerting/notice.ts';
import type { JudgeOrder } from '../pipeline/judge-order.ts';
import { Judge, type JudgeDeps, type JudgingConfig } from '../pipeline/judge-runs.ts';
import type { JudgingStore } from '../pipeline/judging-port.ts';
import type { PlannedCheck } from '../pipeline/ports.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { QUIET } from './testing/quiet.ts';
import { aResultRow, aWorld, gapOf, type World } from './testing/rows.ts';

const INTERVAL = 60_000;
const NOW = Math.floor(Date.now() / INTERVAL) * INTERVAL;
const BEGIN = NOW - 60 * INTERVAL;
/** After a slot, and before a silent one is given up. */
const SOON = 2_000;
const REFUSED = { outcome: 'failed', failure: { phase: 'connect', code: 'ECONNREFUSED', message: 'the connection was refused by 127.0.0.1:6379' } } as const;

/** Of a check whose slots are due 5 to 10 s before the minute. */
function anId(): string {
  for (;;) {
    const id = randomUUID();
    const phase = phaseMs(id, INTERVAL);
    if (phase > 50_000 && phase < 55_000) return id;
  }
}

describe('the judge on Postgres', () => {
  let at: AStore;
  let world: World;
  let revision = 0;
  const planned = new Map<string, PlannedCheck>();
  const availability = availabilityIndex([]);

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  /** A judge at a moment: as soon as the slot due then can have come in. */
  const judge = (dueAtMs: number, changes: Partial<JudgeDeps> = {}) => {
    const config: JudgingConfig = {
      revision, availability, checks: () => planned.values(), check: (id) => planned.get(id),
      location: (id) => (id === world.locationId ? { id, code: 'local-1', name: 'Local 1', kind: 'public', accountId: null } : undefined),
    };
    return new Judge({ config, store: at.store, clock: new FakeClock(dueAtMs + SOON), log: QUIET, ids: randomUUID, order: async () => undefined, ...changes });
  };

  async function newCheck(changes: Partial<Check> = {}): Promise<{ id: string; dues: readonly number[] }> {
    const id = anId();
    const check = aCheck({ frequency: 1, ...changes });
    await at.store.createCheck(world.accountId, id, check, null);
    await at.client.query('update schedule_epochs set from_at = $2 where check_id = $1', [id, new Date(BEGIN)]);
    const entry: PlannedCheck = {
      accountId: world.accountId, checkId: id, revision: 1, check, isDeleted: false,
      epochs: [{ fromAtMs: BEGIN, intervalMs: INTERVAL, strategy: 'parallel', order: [world.locationId], active: true }],
    };
    planned.set(id, entry);
    revision = await at.store.configRevision();
    return { id, dues: [...owedSlotsOf(entry, availability, BEGIN, NOW)].map(({ dueAtMs }) => dueAtMs) };
  }

  const runOf = (checkId: string, dueAtMs: number, changes: Partial<AttemptResult> = {}) => aResultRow(world, {
    checkId, dueAtMs, runId: runIdOf({ accountId: world.accountId, checkId, locationId: world.locationId, dueAtMs }), ...changes,
  });
  const stateOf = async (checkId: string) => (await at.client.query('select status, judged_through, next_look_at, told, head from check_states where check_id = $1', [checkId])).rows[0];
  const noticesOf = async (checkId: string): Promise<readonly Notice[]> =>
    (await at.client.query('select payload from notices where check_id = $1 order by created_at, id', [checkId])).rows.map((row: { payload: Notice }) => row.payload);
  const marks = async (): Promise<number> => Number((await at.client.query('select count(*) as n from judge_marks')).rows[0].n);
  type ACheck = Awaited<ReturnType<typeof newCheck>>;
  /** The slot comes in, and is judged. */
  const slot = async (check: ACheck, index: number, changes: Partial<AttemptResult> = {}): Promise<void> => {
    await at.store.ingest([runOf(check.id, check.dues[index]!, changes)]);
    await judge(check.dues[index]!).judgeTurn();
  };
  /** All slots before this one passed, and were judged. */
  const passing = async (upTo: number): Promise<ACheck> => {
    const check = await newCheck();
    await at.store.ingest(check.dues.slice(0, upTo).map((dueAtMs) => runOf(check.id, dueAtMs)));
    await judge(check.dues[upTo - 1]!).judgeTurn();
    return check;
  };

  it('opens one alert with words to act on, resolves it once, and forgets its marks', async () => {
    const check = await passing(57);
    expect([await noticesOf(check.id), (await stateOf(check.id)).status]).toEqual([[], 'passing']);
    await slot(check, 57, REFUSED);
    await judge(check.dues[57]!).judgeTurn();
    const [alert, ...rest] = await noticesOf(check.id);
    expect(rest).toEqual([]);
    expect(alert).toMatchObject({ kind: 'failure', alertType: 'ALERT_FAILURE', title: 'redis-eu is failing: the connection was refused by 127.0.0.1:6379 (ECONNREFUSED)' });
    expect(alert!.text).toContain('Seen from local-1');
    expect(alert!.result).toMatchObject({ dueAtMs: check.dues[57], locationCode: 'local-1', attempts: 1 });
    await slot(check, 58);
    expect((await noticesOf(check.id)).map(({ kind, alertId }) => [kind, alertId])).toEqual([['failure', alert!.alertId], ['recovery', alert!.alertId]]);
    expect((await at.client.query('select kind, ending from alerts where check_id = $1', [check.id])).rows).toEqual([{ kind: 'failure', ending: 'recovered' }]);
    expect(await marks()).toBe(0);
  });

  it('opens the alerts of many checks in one turn, and resolves them in one', async () => {
    const checks = [await passing(57), await passing(57), await passing(57)];
    const alerts = async () => (await at.client.query('select check_id, kind, closed_at is null as is_open, ending from alerts where check_id = any($1)', [checks.map(({ id }) => id)])).rows;
    const ofEach = (alert: object) => expect.arrayContaining(checks.map(({ id }) => ({ check_id: id, kind: 'failure', ...alert })));
    await at.store.ingest(checks.map((check) => runOf(check.id, check.dues[57]!, REFUSED)));
    await judge(Math.max(...checks.map(({ dues }) => dues[57]!))).judgeTurn();
    expect(await alerts()).toEqual(ofEach({ is_open: true, ending: null }));
    await at.store.ingest(checks.map((check) => runOf(check.id, check.dues[58]!)));
    await judge(Math.max(...checks.map(({ dues }) => dues[58]!))).judgeTurn();
    expect(await alerts()).toEqual(ofEach({ is_open: false, ending: 'recovered' }));
    expect(await alerts()).toHaveLength(checks.length);
    for (const { id } of checks) expect((await noticesOf(id)).map(({ kind }) => kind)).toEqual(['failure', 'recovery']);
  });

  it('passes no check over for good when more is marked than a turn can take', async () => {
    const checks: ACheck[] = [];
    for (let index = 0; index < 7; index += 1) checks.push(await newCheck());
    const mark = (ids: readonly string[]) => at.client.query('insert into judge_marks (account_id, check_id) select $1, unnest($2::uuid[])', [world.accountId, ids]);
    await at.client.query('delete from judge_marks');
    await at.client.query('update check_states set next_look_at = null');
    await mark(checks.map(({ id }) => id));
    const seen = new Set<string>();
    for (let turn = 0; turn < 15 && seen.size < checks.length; turn += 1) {
      const taken = await at.store.takeJudgingTurn({ nowMs: NOW, checksMax: 1 }, async (one) => one.checks.map(({ checkId }) => checkId));
      for (const id of taken) seen.add(id);
      // What was just looked at wants another look at once.
      await mark(taken);
    }
    expect(seen.size).toBe(checks.length);
    await at.client.query('delete from judge_marks');
  });

  it('tells once what several judges find at the same time', async () => {
    const check = await passing(57);
    for (const index of [57, 58, 59]) {
      await at.store.ingest([runOf(check.id, check.dues[index]!, index === 58 ? {} : REFUSED)]);
      await Promise.all([1, 2, 3].map(() => judge(check.dues[index]!).judgeTurn()));
      await judge(check.dues[index]!).judgeTurn();
    }
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['failure', 'recovery', 'failure']);
  });

  it('leaves nothing behind when it dies before its commit, and tells it the next time', async () => {
    const check = await passing(57);
    await at.store.ingest([runOf(check.id, check.dues[57]!, REFUSED)]);
    const takeJudgingTurn: JudgingStore['takeJudgingTurn'] = (options, work) => at.store.takeJudgingTurn(options, async (turn) => {
      await work(turn);
      throw new Error('the process is gone');
    });
    await expect(judge(check.dues[57]!, { store: { ...at.store, takeJudgingTurn } }).judgeTurn()).rejects.toThrow('the process is gone');
    expect([await noticesOf(check.id), (await stateOf(check.id)).status, await marks()]).toEqual([[], 'passing', 1]);
    await judge(check.dues[57]!).judgeTurn();
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['failure']);
  });

  it('leaves the mark of a change that it does not know yet to a judge that does', async () => {
    const check = await passing(57);
    await at.store.ingest([runOf(check.id, check.dues[57]!, REFUSED)]);
    // Muted just before its marks are taken: whatever was asked of the config before that is outdated.
    const takeJudgingTurn: JudgingStore['takeJudgingTurn'] = async (options, work) => {
      await at.store.replaceCheck(world.accountId, check.id, { ...planned.get(check.id)!.check, muted: true }, null);
      return at.store.takeJudgingTurn(options, work);
    };
    expect(await judge(check.dues[57]!, { store: { ...at.store, takeJudgingTurn } }).judgeTurn()).toBe(0);
    expect([await noticesOf(check.id), await marks()]).toEqual([[], 2]);
    planned.set(check.id, { ...planned.get(check.id)!, check: { ...planned.get(check.id)!.check, muted: true } });
    revision = await at.store.configRevision();
    await judge(check.dues[57]!).judgeTurn();
    expect([await noticesOf(check.id), await marks(), (await stateOf(check.id)).status]).toEqual([[], 0, 'failing']);
  });

  it('does not hold up results of a check that it is at work on', async () => {
    const check = await newCheck();
    const seen = await at.store.takeJudgingTurn({ nowMs: NOW, checksMax: 100 }, async (turn) => {
      await at.store.ingest([runOf(check.id, check.dues[0]!)]);
      return turn.checks.map(({ checkId }) => checkId);
    });
    expect([seen.includes(check.id), await marks()]).toEqual([true, 1]);
  });

  it('folds late rows in at their place, and tells of an outage that is over once, later and without paging', async () => {
    const [late, inOrder] = [await newCheck(), await newCheck()];
    const rows = (check: ACheck) => check.dues.slice(0, 58).map((dueAtMs, index) => runOf(check.id, dueAtMs, index >= 20 && index < 24 ? REFUSED : {}));
    const all = rows(late);
    await at.store.ingest(all.filter((_, index) => index < 20 || index > 30));
    await judge(late.dues[57]!).judgeTurn();
    for (const row of all.slice(20, 31).toReversed()) await at.store.ingest([row]);
    // More of it may come: history waits until it is quiet, and is gone through once.
    await judge(late.dues[57]! + 6_000).judgeTurn();
    expect(await marks()).toBe(11);
    const isQuiet = (): Promise<unknown> => at.client.query(`update judge_marks set marked_at = marked_at - interval '21 seconds'`);
    await isQuiet();
    await judge(late.dues[57]! + 12_000).judgeTurn();
    expect(await marks()).toBe(0);
    await at.store.ingest(rows(inOrder));
    await isQuiet();
    await judge(inOrder.dues[57]! + 30_000).judgeTurn();
    const shape = async (check: ACheck): Promise<unknown> => {
      const index = (ms: number | null): number => (ms === null ? -1 : check.dues.indexOf(ms));
      const { head } = await stateOf(check.id);
      return { ...head, throughMs: index(head.throughMs), sinceMs: index(head.sinceMs), lastVerdictMs: index(head.lastVerdictMs), evidence: index(head.evidence.dueAtMs), before: index(head.before.sinceMs), locations: null };
    };
    expect(await shape(late)).toEqual(await shape(inOrder));
    expect(await shape(late)).toMatchObject({ standing: 'passing', sinceMs: 24, streak: 34, before: 20 });
    expect(await noticesOf(late.id)).toEqual([]);
    await judge(late.dues[57]! + 91_000).judgeTurn();
    expect((await noticesOf(late.id)).map(({ kind }) => kind)).toEqual(['digest']);
  });

  it('has no data when gaps go on, says so after a while, and takes it back', async () => {
    const check = await passing(55);
    const gap = (dueAtMs: number) => ({ ...gapOf(world, runOf(check.id, dueAtMs).result), gap: { ...gapOf(world, runOf(check.id, dueAtMs).result).gap, checkId: check.id } });
    for (const index of [55, 56, 57]) {
      await at.store.ingest([gap(check.dues[index]!)]);
      await judge(check.dues[index]!).judgeTurn();
      expect((await stateOf(check.id)).status).toBe('noData');
    }
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['no_data']);
    await slot(check, 58);
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['no_data', 'data_again']);
  });

  it('tells nobody of a check without data while its location is told to be dark, nor before it could be seen again', async () => {
    const check = await passing(54);
    const gap = (dueAtMs: number) => ({ ...gapOf(world, runOf(check.id, dueAtMs).result), gap: { ...gapOf(world, runOf(check.id, dueAtMs).result).gap, checkId: check.id } });
    const dark = (endedMs: number | null) => at.client.query(`update location_outages set ended_at = $1`, [endedMs === null ? null : new Date(endedMs)]);
    await at.client.query(`insert into location_outages (account_id, id, location_id, kind, from_at, told_at) values ($1, gen_random_uuid(), $2, 'empty', now(), now())`, [world.accountId, world.locationId]);
    for (const index of [54, 55, 56, 57]) {
      await at.store.ingest([gap(check.dues[index]!)]);
      await judge(check.dues[index]!).judgeTurn();
    }
    await dark(check.dues[57]! + 10_000);
    await at.client.query('update check_states set next_look_at = to_timestamp(0)');
    await judge(check.dues[57]! + 20_000).judgeTurn();
    expect([(await stateOf(check.id)).status, await noticesOf(check.id)]).toEqual(['noData', []]);
    await at.store.ingest([gap(check.dues[58]!)]);
    await judge(check.dues[58]!).judgeTurn();
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['no_data']);
    await at.client.query('delete from location_outages');
  });

  describe('a failed run of a check that is retried elsewhere', () => {
    const retryStrategy = { type: 'SINGLE_RETRY', baseBackoffSeconds: 1, maxRetries: 1, maxDurationSeconds: 600, sameRegion: false, onlyOn: null } as const;
    const both = availabilityIndex([]);
    let elsewhere: string;
    let check: ACheck;
    let orders: JudgeOrder[];
    const look = (afterMs: number, isAvailable = true) => {
      const due = check.dues[57]!;
      return judge(due, {
        clock: new FakeClock(due + afterMs), order: async (order) => { orders.push(order); },
        config: { revision, availability: { ...both, isAvailable: (id, atMs) => id === world.locationId || (isAvailable && atMs > due) }, checks: () => planned.values(), check: (id) => planned.get(id), location: (id) => ({ id, code: id === elsewhere ? 'elsewhere' : 'local-1', name: '', kind: 'public', accountId: null }) },
      }).judgeTurn();
    };
    const attempts = async () => (await at.client.query('select attempt, is_final, is_surplus, location_executed from results where check_id = $1 and due_at = $2 order by attempt', [check.id, new Date(check.dues[57]!)])).rows;
    const kinds = async () => (await noticesOf(check.id)).map(({ kind }) => kind);
    const answer = (changes: Partial<AttemptResult>) => runOf(check.id, check.dues[57]!, { trigger: 'retry', attempt: 2, locationExecuted: elsewhere, startedAtMs: check.dues[57]! + 1_500, ...changes });

    beforeEach(async () => {
      [, elsewhere] = (await at.store.ensureLocations([{ code: 'local-1', name: '' }, { code: 'elsewhere', name: '' }])).map(({ id }) => id) as [string, string];
      orders = [];
      check = await newCheck({ runParallel: false, locations: ['local-1', 'elsewhere'], retryStrategy });
      const entry = planned.get(check.id)!;
      planned.set(check.id, { ...entry, epochs: [{ ...entry.epochs[0]!, strategy: 'round_robin', order: [world.locationId, elsewhere] }] });
      // Every slot is owed by the one location that is available when it is due.
      await at.store.ingest([...check.dues.slice(0, 57).map((dueAtMs) => runOf(check.id, dueAtMs)), runOf(check.id, check.dues[57]!, { ...REFUSED, startedAtMs: check.dues[57]! })]);
      await look(500, false);
    });

    it('waits for the answer of the other location, which ends the run', async () => {
      expect([orders, await kinds()]).toEqual([[], []]);
      await look(1_400);
      await look(1_600);
      expect(orders.map(({ locationId, retryOf }) => [locationId, retryOf])).toEqual([[elsewhere, { runId: expect.any(String), dueAtMs: check.dues[57], locationOwed: world.locationId, attempt: 2, isLast: true }]]);
      await at.store.ingest([answer({})]);
      await look(2_500);
      expect([(await stateOf(check.id)).status, await kinds(), orders.length]).toEqual(['passing', [], 1]);
      expect(await attempts()).toEqual([
        { attempt: 1, is_final: false, is_surplus: false, location_executed: world.locationId }, { attempt: 2, is_final: true, is_surplus: false, location_executed: elsewhere },
      ]);
    });

    it('is told once when the other location sees it fail, too', async () => {
      await look(1_400);
      await at.store.ingest([answer(REFUSED)]);
      await look(2_500);
      await look(3_000);
      const notices = await noticesOf(check.id);
      expect(notices.map(({ kind, result }) => [kind, result?.attempts, result?.locationCode])).toEqual([['failure', 2, 'elsewhere']]);
    });

    it('stands as it is when no other location can run it', async () => {
      await look(1_400, false);
      expect([await kinds(), orders]).toEqual([['failure'], []]);
      expect((await attempts()).map(({ is_final }) => is_final)).toEqual([true]);
    });

    it('stands as it is when the answer does not come in time', async () => {
      await look(1_400);
      await look(9_000);
      expect(await kinds()).toEqual([]);
      await look(30_000);
      expect([await kinds(), orders.length]).toEqual([['failure'], 1]);
    });
  });

  it('ends what somebody resolved by hand at once, and tells nothing more of it until it is over', async () => {
    const check = await passing(55);
    await slot(check, 55, REFUSED);
    const { rows: [{ id }] } = await at.client.query('select id from alerts where check_id = $1', [check.id]);
    expect(await at.store.changeAlert(world.accountId, id, { kind: 'resolve', by: 'ada@example.com' })).toMatchObject({ ending: 'resolved', resolvedBy: 'ada@example.com', checkName: 'redis-eu' });
    expect([await marks(), await at.store.changeAlert(world.accountId, id, { kind: 'acknowledge', by: 'ada@example.com' })]).toEqual([1, 'closed']);
    await judge(check.dues[55]! + 1).judgeTurn();
    await slot(check, 56, REFUSED);
    expect((await noticesOf(check.id)).map(({ kind, alertId }) => [kind, alertId])).toEqual([['failure', id], ['recovery', id]]);
    expect((await noticesOf(check.id))[1]!.title).toBe('redis-eu: the alert is closed, somebody resolved it by hand');
    await slot(check, 57);
    await slot(check, 58, REFUSED);
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['failure', 'recovery', 'failure']);
    const { entries, total } = await at.store.listAlerts(world.accountId, { limit: 1, page: 1, checkId: check.id });
    expect([total, entries.map(({ closedAtMs, lastNotice }) => [closedAtMs, lastNotice?.kind])]).toEqual([2, [[null, 'failure']]]);
  });

  it('reminds nobody once somebody is at work on it, and again when they are not', async () => {
    const reminders = { alertSettings: { ...DEFAULT_ALERT_SETTINGS, reminders: { amount: 100_000 as const, interval: 1 as const } }, useGlobalAlertSettings: false };
    const check = await newCheck(reminders);
    await at.store.ingest(check.dues.slice(0, 58).map((dueAtMs, index) => runOf(check.id, dueAtMs, index === 57 ? REFUSED : {})));
    await judge(check.dues[57]!).judgeTurn();
    const { rows: [{ id }] } = await at.client.query('select id from alerts where check_id = $1', [check.id]);
    const remindersAt = async (minutes: number): Promise<number> => {
      await judge(check.dues[57]! + minutes * INTERVAL + 500).judgeTurn();
      return (await noticesOf(check.id)).filter(({ isReminder }) => isReminder).length;
    };
    await at.store.ingest([runOf(check.id, check.dues[58]!, REFUSED)]);
    expect(await remindersAt(1)).toBe(1);
    expect(await at.store.changeAlert(world.accountId, id, { kind: 'acknowledge', by: 'ada@example.com' })).toMatchObject({ acknowledgedBy: 'ada@example.com', closedAtMs: null });
    expect(await remindersAt(2)).toBe(1);
    await at.store.changeAlert(world.accountId, id, { kind: 'unacknowledge' });
    expect(await remindersAt(2)).toBe(2);
  });

  it('resolves an alert wherever it was told when the check is muted, and tells it anew when it is not', async () => {
    const check = await passing(57);
    await slot(check, 57, REFUSED);
    for (const [index, muted] of [true, false].entries()) {
      const entry = planned.get(check.id)!;
      await at.store.replaceCheck(world.accountId, check.id, { ...entry.check, muted }, null);
      planned.set(check.id, { ...entry, check: { ...entry.check, muted } });
      revision = await at.store.configRevision();
      await judge(check.dues[57]! + index + 1).judgeTurn();
    }
    expect((await noticesOf(check.id)).map(({ kind }) => kind)).toEqual(['failure', 'recovery', 'failure']);
    expect((await at.client.query('select ending from alerts where check_id = $1 order by opened_at, closed_at', [check.id])).rows).toEqual([{ ending: 'muted' }, { ending: null }]);
  });
});
