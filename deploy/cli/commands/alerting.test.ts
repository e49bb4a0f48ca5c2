import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sondeOnScriptedApi, type SondeOnScriptedApi } from '../testing/sonde-on-scripted-api.ts';

const ALERT = { id: 'alert-1', kind: 'failure', checkName: 'redis\u001b[2J', target: 'redis:6379', isOpen: true, openedAt: '2026-11-22T12:00:00Z', acknowledgedAt: null, snoozedUntil: null };
const KEPT = { rawDays: 30, hourlyDays: 400, dailyDays: 800, isDefault: true, most: { rawDays: 30, hourlyDays: 400, dailyDays: 800 } };
const ANSWERS: Readonly<Record<string, unknown>> = {
  'GET /v1/alerts?limit=100&isOpen=true': [ALERT], 'GET /v1/alert-channels': [{ id: 7, type: 'EMAIL', config: { address: 'ops@example.com' }, subscriptions: [], autoSubscribe: true }],
  'POST /v1/alert-channels/7/test': { isDelivered: false, answer: { status: null, code: 'EHOSTUNREACH', message: 'no route' } }, 'GET /v1/check-groups': [], 'GET /v1/variables': [{ key: 'TOKEN', value: '[redacted]', secret: true, locked: false }],
  'GET /v1/maintenance-windows': [{ id: 1, name: 'sunday', status: 'SCHEDULED', nextChangeAt: null, action: 'pause', tags: ['eu'] }],
  'GET /v1/account/retention': KEPT, 'PUT /v1/account/retention': KEPT,
  'GET /v1/usage/summary': { from: 'a', to: 'b', total: { totalRuns: 12 }, byCheckType: [{ checkType: 'TCP', source: null, totalRuns: 12 }], quotas: [{ pool: 'synthetic', used: 12, runsPerMonth: 100, period: '2026-11', state: 'ok' }] },
};
let api: SondeOnScriptedApi;

beforeAll(async () => { api = await sondeOnScriptedApi((method, path) => ({ body: ANSWERS[`${method} ${path}`] ?? {} })); });
beforeEach(() => { api.asked.length = 0; });
afterAll(() => api.close());

describe('sonde', () => {
  it.each([
    [['alerts', 'list'], ['GET /v1/alerts?limit=100&isOpen=true'], 'redis:6379', 0],
    [['alerts', 'ack', 'alert-1'], ['POST /v1/alerts/alert-1/acknowledge'], 'acknowledged alert alert-1', 0],
    [['alerts', 'snooze', 'alert-1', '2h'], ['POST /v1/alerts/alert-1/snooze {"minutes":120}'], 'snoozed alert alert-1', 0],
    [['alerts', 'snooze', 'alert-1', 'soon'], [], 'no length of time', 2],
    [['alerts', 'resolve', 'alert-1'], ['POST /v1/alerts/alert-1/resolve'], 'resolved alert alert-1', 0],
    [['channels', 'list'], ['GET /v1/alert-channels'], 'ops@example.com', 0],
    [['channels', 'test', '7'], ['POST /v1/alert-channels/7/test'], 'no route', 1],
    [['groups', 'list'], ['GET /v1/check-groups'], 'no groups yet', 0],
    [['windows', 'list'], ['GET /v1/maintenance-windows'], 'sunday', 0],
    [['variables', 'list'], ['GET /v1/variables'], '[redacted]', 0],
    [['variables', 'set', 'NEW', 'a value', '--secret'], ['GET /v1/variables', 'POST /v1/variables {"key":"NEW","value":"a value","secret":true}'], 'made variable NEW', 0],
    [['variables', 'set', 'TOKEN', 'another'], ['GET /v1/variables', 'PUT /v1/variables/TOKEN {"value":"another","secret":false}'], 'changed variable TOKEN', 0],
    [['variables', 'delete', 'TOKEN'], ['DELETE /v1/variables/TOKEN'], 'deleted variable TOKEN', 0],
    [['usage'], ['GET /v1/usage/summary'], '12 of 100 runs', 0],
    [['usage'], ['GET /v1/usage/summary'], '12 runs from', 0],
    [['retention'], ['GET /v1/account/retention'], 'figures by the hour', 0],
    [['retention', '--raw-days', '7'], ['GET /v1/account/retention', 'PUT /v1/account/retention {"rawDays":7,"hourlyDays":400,"dailyDays":800}'], 'results', 0],
    [['retention', '--default'], ['PUT /v1/account/retention {}'], 'results', 0],
    [['retention', '--raw-days', 'few'], [], 'whole number of days', 2],
  ])('%j asks the API and says what came of it', async (args, requests, said, exitCode) => {
    const { code, out } = await api.sonde(...args);
    expect({ code, asked: api.asked }).toEqual({ code: exitCode, asked: requests });
    expect(out).toContain(said);
    expect(out).not.toMatch(/\u001b\[2J|a value|another/);
  });

  it('answers in JSON as the API did', async () => {
    expect(JSON.parse((await api.sonde('alerts', 'list', '--json')).out)).toEqual([ALERT]);
  });
});
