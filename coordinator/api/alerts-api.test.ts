import { beforeEach, describe, expect, it } from 'vitest';
import { aNotice } from '../alerting/testing/a-notice.ts';
import { anApi, type ApiForTests } from './testing/api-for-tests.ts';
import { AlertEntity, CheckAlertEntity } from './wire/alert-entity.ts';

const ID = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
let api: ApiForTests;
const ask = (method: 'GET' | 'POST', url: string, payload?: object) => api.app.inject({ method, url, headers: { authorization: `Bearer ${api.token}` }, ...(payload ? { payload } : {}) });

beforeEach(() => {
  api = anApi();
  api.store.alerts.push({
    id: ID, checkId: ID, checkName: 'redis', target: { hostname: '::1', port: 6379 }, kind: 'failure', openedAtMs: 2_000, sinceMs: 1_000, closedAtMs: null, ending: null,
    resolvedBy: null, acknowledgedAtMs: null, acknowledgedBy: null, snoozedUntilMs: null, lastNotice: aNotice(),
  });
});

describe('alerts', () => {
  it('say what goes on since when, and what was told last', async () => {
    const answer = await ask('GET', '/v1/alerts?isOpen=true');
    const [alert] = answer.json();
    expect(AlertEntity.parse(alert)).toEqual(alert);
    expect(alert).toMatchObject({ target: '[::1]:6379', isOpen: true, since: '1970-01-01T00:00:01.000Z', lastNotice: { title: aNotice().title, failure: { code: aNotice().result?.failure?.code } } });
    expect(answer.headers['content-range']).toBe('0-0/1');
    expect((await ask('GET', `/v1/alerts/${ID}`)).json()).toEqual(alert);
  });

  it('are acknowledged, snoozed and resolved in the name of who asks', async () => {
    for (const action of ['acknowledge', 'unacknowledge', 'resolve']) expect((await ask('POST', `/v1/alerts/${ID}/${action}`)).statusCode).toBe(200);
    expect((await ask('POST', `/v1/alerts/${ID}/snooze`, { minutes: 30 })).statusCode).toBe(200);
    expect((await ask('POST', `/v1/alerts/${ID}/snooze`, { minutes: 0 })).statusCode).toBe(200);
    expect(api.store.alertActions).toEqual([
      { kind: 'acknowledge', by: 'an API key' }, { kind: 'unacknowledge' }, { kind: 'resolve', by: 'an API key' },
      { kind: 'snooze', untilMs: api.clock.nowMs() + 1_800_000 }, { kind: 'snooze', untilMs: null },
    ]);
  });

  it('cannot be snoozed into the past, for ever, or without saying until when', async () => {
    for (const body of [{}, { minutes: 5, until: '2030-01-01T00:00:00Z' }, { until: '1969-01-01T00:00:00Z' }, { minutes: 1e6 }, { until: '2999-01-01T00:00:00Z' }]) {
      expect([body, (await ask('POST', `/v1/alerts/${ID}/snooze`, body)).statusCode]).toEqual([body, 400]);
    }
    expect(api.store.alertActions).toEqual([]);
  });

  it('that are over, or not there, take no more of it', async () => {
    api.store.alerts[0] = { ...api.store.alerts[0]!, closedAtMs: 3_000, ending: 'recovered' };
    expect((await ask('POST', `/v1/alerts/${ID}/acknowledge`)).statusCode).toBe(409);
    expect((await ask('POST', '/v1/alerts/ffffffff-ffff-4fff-8fff-ffffffffffff/resolve')).statusCode).toBe(404);
  });
});

it('what was told of checks is read six hours at a time, in the shape clients know', async () => {
  api.store.told.push(aNotice(), aNotice({ alertType: null, kind: 'no_data' }));
  const alerts = (await ask('GET', '/v1/check-alerts')).json();
  expect(alerts).toHaveLength(1);
  expect(CheckAlertEntity.parse(alerts[0])).toEqual(alerts[0]);
  expect(alerts[0]).toMatchObject({ alertType: 'ALERT_FAILURE', hasFailures: true, isDegraded: false, checkType: 'TCP', statusCode: aNotice().result?.failure?.code });
  expect((await ask('GET', '/v1/check-alerts?from=0&to=21601')).json()).toMatchObject({ statusCode: 400, errors: [{ path: 'from' }] });
});
