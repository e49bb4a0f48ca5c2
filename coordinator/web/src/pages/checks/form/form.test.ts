import { describe, expect, it } from 'vitest';
import { parseCheck } from '#shared/check/parse-check.ts';
import type { CheckWire } from '../wire.ts';
import { alertSentence, type Alerting } from './alert-sentence.ts';
import { ALERT_DEFAULTS, bodyOf, draftOf, emptyDraft, fieldOf, type Draft } from './draft.ts';

const CHECK: CheckWire = {
  id: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', name: 'mail', description: 'why', tags: ['team:mail'], activated: true, muted: false,
  request: {
    hostname: 'mail.example', port: 25, ipFamily: 'IPv6', data: null, dataFormat: 'text', sendAfter: 'connect',
    steps: [{ expect: '^220' }, { send: 'QUIT\\r\\n', dataFormat: 'escaped' }, { startTls: true }],
    assertions: [{ source: 'CONNECT_TIME', property: '', comparison: 'LESS_THAN', target: '200' }],
    tls: { mode: 'none', serverName: null, verify: true, ca: null, alpn: [], minVersion: null, clientCertificate: null, degradedDaysLeft: 14, expectAlert: null },
    read: { maxBytes: 65_536, idleMs: 250 }, sourceAddress: null, dns: { server: '192.0.2.53' },
  },
  shouldFail: false, degradedResponseTime: 1_000, maxResponseTime: 2_000, frequency: 0, frequencyOffset: 10, locations: ['local-1'], privateLocations: ['dc-1'], runParallel: true,
  retryStrategy: { type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 3, maxDurationSeconds: 60, sameRegion: true }, doubleCheck: true,
  alertSettings: null, useGlobalAlertSettings: true, alertChannelSubscriptions: [{ alertChannelId: 4, activated: true }, { alertChannelId: 5, activated: false }],
  groupId: null, groupOrder: 3, runtimeId: 'x', triggerIncident: null, confirmFromOtherLocation: true, perLocationFailedRuns: 2, whenUnseen: 'failing', dependsOn: [],
  created_at: '', updated_at: '', revision: 7,
};

describe('a check in the form', () => {
  it('comes out as it went in, with what the form does not show', () => {
    const { id: _id, created_at: _created, updated_at: _updated, revision: _revision, ...definition } = CHECK;
    const [sent, read] = [parseCheck(bodyOf(draftOf(CHECK), CHECK)), parseCheck(definition)];
    expect(sent.ok && sent.check).toEqual(read.ok && read.check);
  });

  it('sends whole minutes as minutes and anything else as seconds', () => {
    const every = (everySeconds: number) => bodyOf({ ...emptyDraft(), everySeconds }, null);
    expect(every(600)).toMatchObject({ frequency: 10, frequencyOffset: null });
    expect(every(10)).toMatchObject({ frequency: 0, frequencyOffset: 10 });
    expect(every(90)).toMatchObject({ frequency: 0, frequencyOffset: 90 });
  });

  it('sends only the way of talking that is chosen', () => {
    const draft = draftOf(CHECK);
    const talking = (talk: Draft['request']['talk']) => bodyOf({ ...draft, request: { ...draft.request, talk, data: 'PING' } }, CHECK)['request'] as { data: unknown; steps: unknown[] };
    expect([talking('nothing').data, talking('nothing').steps]).toEqual([null, []]);
    expect([talking('data').data, talking('data').steps]).toEqual(['PING', []]);
    expect([talking('steps').data, talking('steps').steps.length]).toEqual([null, 3]);
  });

  it('says nothing of subscriptions until somebody chose', () => {
    expect(bodyOf(emptyDraft(), null)).not.toHaveProperty('alertChannelSubscriptions');
    expect(bodyOf({ ...emptyDraft(), subscribed: [] }, null)).toMatchObject({ alertChannelSubscriptions: [] });
  });

  it('shows a problem at the field that is to blame', () => {
    expect(['frequencyOffset', 'locations.1', 'request.assertions.0.target', 'tags.3'].map(fieldOf))
      .toEqual(['everySeconds', 'locations', 'request.assertions.0.target', 'tags']);
  });
});

describe('the sentence that says what will happen', () => {
  const saying = (changes: Partial<Alerting>, settings: Partial<Alerting['settings']> = {}): string => alertSentence({
    everySeconds: 60, retryStrategy: null, runParallel: false, muted: false, activated: true, confirmFromOtherLocation: false, perLocationFailedRuns: '',
    locations: 2, channels: 1, ...changes, settings: { ...ALERT_DEFAULTS, ...settings },
  });

  it('counts runs, tells roughly how long that is, and the reminders', () => {
    expect(saying({}, { runBasedEscalation: { failedRunThreshold: 2 }, reminders: { amount: 2, interval: 5 } }))
      .toBe('Alerts after 2 runs in a row failed, about 60 seconds after the first, reminds twice, every 5 minutes, and says so at the first passing run.');
    expect(saying({ everySeconds: 600 }, { runBasedEscalation: { failedRunThreshold: 4 } })).toContain('about 30 minutes after the first');
  });

  it('says how attempts are repeated before a run fails', () => {
    expect(saying({ retryStrategy: { type: 'LINEAR', baseBackoffSeconds: 5, maxRetries: 3, maxDurationSeconds: 60, sameRegion: true, onlyOn: ['NETWORK_ERROR'] } }))
      .toContain('A connection that fails is tried again up to 3 times, after 5, 10, 15 s, before the run counts as failed.');
  });

  it('says when nobody will be told', () => {
    expect(saying({ muted: true })).toContain('It is muted and tells nobody');
    expect(saying({ channels: 0 })).toContain('sent to nobody');
    expect(saying({ activated: false })).toContain('does not run');
  });
});
