import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { A_CHECK } from '#shared/testing/results.ts';
import { owedBetween, owedSpans } from '../planning/owed-slots.ts';
import type { SettledRow } from '../planning/settle-slots.ts';
import { anApi, MY_ACCOUNT, OTHER_ACCOUNT } from './testing/api-for-tests.ts';
import { CompletenessEntity, CompletenessPage } from './wire/completeness-entity.ts';

const api = anApi();
const { app, store, clock } = api;
const headers = { authorization: `Bearer ${api.token}` };
const get = (url: string) => app.inject({ url, headers });

const MINUTE = 60_000;
const NOW = clock.nowMs();
const OF_ANOTHER = '7b1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a';
const epochs: ScheduleEpoch[] = [{ fromAtMs: NOW - 90 * 24 * 60 * MINUTE, intervalMs: 10_000, strategy: 'parallel', order: ['loc-1', 'loc-3'], active: true }];
const aSchedule = (accountId: string, checkId: string) => ({ accountId, checkId, name: 'redis', isDeleted: false, epochs, definitions: [aCheck()] });
const iso = (ms: number) => new Date(ms).toISOString();

/** 5 s of a run, 30 s until it closes, 30 s for the closer. */
const OPEN_FROM = NOW - 65_000;
const due = owedBetween(owedSpans({ checkId: A_CHECK, epochs, availability: [], fromMs: NOW - 10 * MINUTE, toMs: NOW }).get('loc-1')!, NOW - 10 * MINUTE, NOW);

beforeAll(() => {
  store.schedules.push(aSchedule(MY_ACCOUNT, A_CHECK), aSchedule(OTHER_ACCOUNT, OF_ANOTHER));
  store.settled.set(A_CHECK, due.flatMap((dueAtMs, index): SettledRow[] => {
    const result = { kind: 'result' as const, locationId: 'loc-1', dueAtMs, isSurplus: false, replacedGap: index === 1 };
    if (dueAtMs >= OPEN_FROM || index === 9) return [];
    return index === 3 || index === 4 ? [{ kind: 'gap' as const, locationId: 'loc-1', dueAtMs, reason: 'agent_lost' }] : [result];
  }));
});
afterAll(() => app.close());

describe('completeness', () => {
  it('accounts for every due slot, for the check and for each location', async () => {
    const body = (await get(`/v1/checks/${A_CHECK}/completeness?from=${iso(NOW - 10 * MINUTE)}`)).json();
    expect(CompletenessEntity.parse(body)).toEqual(body);
    const open = due.filter((dueAtMs) => dueAtMs >= OPEN_FROM).length;
    const closed = due.length - open;
    const here = { location: 'local-1', due: 60, results: closed - 3, gapCount: 2, pending: open, missing: 1, double: 0, surplus: 0, unowed: 0, lateReplacements: 1 };
    const silent = { location: 'dc-1', due: 60, results: 0, gapCount: 0, pending: open, missing: closed, double: 0, surplus: 0, unowed: 0, lateReplacements: 0 };
    expect(body.locations).toEqual([silent, here]);
    expect(body).toMatchObject({
      checkId: A_CHECK, name: 'redis', isDeleted: false, from: iso(NOW - 10 * MINUTE), to: iso(NOW), closedThrough: iso(OPEN_FROM),
      due: 120, results: closed - 3, gapCount: 2, pending: 2 * open, missing: closed + 1, lateReplacements: 1, gapsOmitted: 0,
      gaps: [{ from: iso(due[3]!), to: iso(due[4]!), reason: 'agent_lost', location: 'local-1', count: 2 }],
    });
  });

  it('is that of the last 24 hours when nothing else is asked for, and never of what is still to come', async () => {
    const day = (await get(`/v1/checks/${A_CHECK}/completeness`)).json();
    expect([day.from, day.to, day.due]).toEqual([iso(NOW - 24 * 60 * MINUTE), iso(NOW), 2 * 8640]);
    const ahead = (await get(`/v1/checks/${A_CHECK}/completeness?from=${(NOW - MINUTE) / 1000}&to=${(NOW + 5 * MINUTE) / 1000}`)).json();
    expect([ahead.from, ahead.to, ahead.due]).toEqual([iso(NOW - MINUTE), iso(NOW), 12]);
  });

  it.each([
    ['from=yesterday', 'from', 'must be an instant like'],
    ['from=2025-12-31T00:00:00', 'from', 'must be an instant like'],
    [`from=${iso(NOW - 32 * 24 * 60 * MINUTE)}`, 'from', 'at most 31 days'],
    [`from=${iso(NOW - MINUTE)}&to=${iso(NOW - MINUTE)}`, 'from', 'must be before to'],
    [`from=${iso(NOW + MINUTE)}`, 'from', 'before now'],
  ])('of ?%s is refused, and says why', async (query, path, words) => {
    const answer = await get(`/v1/checks/${A_CHECK}/completeness?${query}`);
    expect(answer.json()).toMatchObject({ statusCode: 400, errors: [{ path }] });
    expect(answer.json().message).toContain(words);
  });

  it('counts no more slots at once than it can', async () => {
    const order = Array.from({ length: 9 }, (_, index) => `l-${index}`);
    const wide = { ...aSchedule(MY_ACCOUNT, 'aa1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a'), epochs: [{ ...epochs[0]!, order }] };
    store.schedules.push(wide);
    const answer = await get(`/v1/checks/${wide.checkId}/completeness?from=${iso(NOW - 30 * 24 * 60 * MINUTE)}`);
    store.schedules.pop();
    expect([answer.statusCode, answer.json().message]).toEqual([400, expect.stringContaining('2332800 slots were due then, and at most 1000000')]);
  });

  it('comes page by page for the account, and of nobody else’s checks', async () => {
    const body = (await get(`/v1/completeness?from=${iso(NOW - 10 * MINUTE)}&limit=50`)).json();
    expect(CompletenessPage.parse(body)).toEqual(body);
    expect([body.total, body.entries.map(({ checkId }: { checkId: string }) => checkId)]).toEqual([1, [A_CHECK]]);
    expect((await get('/v1/completeness?page=2')).json()).toMatchObject({ total: 1, entries: [] });
    expect((await get(`/v1/checks/${OF_ANOTHER}/completeness`)).statusCode).toBe(404);
  });
});
