import { describe, expect, it } from 'vitest';
import type { Check } from '#shared/check/check.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { NEW_STATE, type CheckState } from '../verdict/check-state.ts';
import { policyOf } from '../verdict/policy.ts';
import type { RunFacts } from '../verdict/slot.ts';
import type { NoticeDraft } from './decide-notices.ts';
import { DEFAULT_ALERT_SETTINGS } from './effective-settings.ts';
import { writeNotice, type NoticeFacts } from './write-notice.ts';

const MINUTE = 60_000;
const NOON = Date.UTC(2026, 10, 22, 12);
const CHECK = aCheck({ name: 'Redis EU', request: aRequest({ hostname: 'redis.example', port: 6379 }) });

const aRun = (changes: Partial<RunFacts> = {}): RunFacts => ({
  runId: 'run', outcome: 'failed', locationId: 'fra', executedIn: 'fra', startedAtMs: NOON, responseTimeMs: 12, attempts: 1, failure: null, ...changes,
});
function standing(of: CheckState['standing'], run: RunFacts | null, changes: Partial<CheckState> = {}): CheckState {
  const failingIn = of === 'failing' && run ? [run.locationId] : [];
  return { ...NEW_STATE, throughMs: NOON, standing: of, sinceMs: NOON, streak: 1, lastVerdictMs: NOON, evidence: { dueAtMs: NOON, run, failingIn, seenBy: 2 }, ...changes };
}
function words(draft: Partial<NoticeDraft>, state: CheckState, { check = CHECK, ...changes }: Partial<NoticeFacts> = {}): readonly string[] {
  const { title, text } = writeNotice({ kind: 'failure', alertType: null, alertId: 'alert', isReminder: false, reminderSequence: 0, ending: null, episodes: [], ...draft }, {
    id: 'id', accountId: 'account', checkId: 'check', revision: 1, check, groupName: null, state, previous: state, policy: policyOf(check, DEFAULT_ALERT_SETTINGS),
    nowMs: NOON + 1_000, location: (id) => ({ id, code: `${id}-1`, name: id.toUpperCase(), kind: 'public', accountId: null }), ...changes,
  });
  return [title, ...text.split('\n')];
}
const failed = (phase: string, code: string, message: string) => aRun({ failure: { phase, code, message } });

describe('a notice', () => {
  it.each<[string, RunFacts, string, string]>([
    ['a refused connection', failed('connect', 'ECONNREFUSED', 'connecting to redis.example:6379 (10.0.0.5): the connection was refused'),
      'Redis EU is failing: the connection was refused (ECONNREFUSED)', 'Connecting to redis.example:6379 (10.0.0.5) failed in the phase connect with ECONNREFUSED: the connection was refused'],
    ['a time limit', failed('read', 'SOCKET_TIMEOUT', 'reading from redis.example:6379 (10.0.0.5): no answer within the time limit; 5000 ms; nothing was received'),
      'Redis EU is failing: no answer within the time limit; 5000 ms; nothing was received (SOCKET_TIMEOUT)',
      'Reading from redis.example:6379 (10.0.0.5) failed in the phase read with SOCKET_TIMEOUT: no answer within the time limit; 5000 ms; nothing was received'],
    ['a wrong answer', failed('assert', 'ERR_ASSERTION', 'the assertion fails: response data: expected something that contains "PONG", but got "-ERR"'),
      'Redis EU is failing: the assertion fails: response data: expected something that contains "PONG", but got "-ERR" (ERR_ASSERTION)',
      'Redis EU (redis.example:6379) fails in the phase assert with ERR_ASSERTION: the assertion fails: response data: expected something that contains "PONG", but got "-ERR"'],
  ])('of %s says what failed, in which phase and how, from where and since when', (_, run, title, line) => {
    expect(words({}, standing('failing', run, { before: { standing: 'passing', sinceMs: NOON - 60 * MINUTE } }))).toEqual([
      title, line, 'Seen from fra-1 (1 of 2 locations).', 'Since 2026-11-22 12:00:00 UTC.', 'Before, it was passing since 2026-11-22 11:00:00 UTC.',
    ]);
  });

  it('that reminds says for how long it has been going on', () => {
    const state = standing('failing', failed('connect', 'ECONNREFUSED', 'connecting to redis.example:6379: the connection was refused'));
    const [title, , , since] = words({ isReminder: true, reminderSequence: 1 }, state, { nowMs: NOON + 10 * MINUTE });
    expect([title, since]).toEqual(['Redis EU is still failing: the connection was refused (ECONNREFUSED)', 'Since 2026-11-22 12:00:00 UTC (10 min).']);
  });

  it('of degraded says which limit: the answer was slow, or the certificate is old', () => {
    const tls: Check = { ...CHECK, request: aRequest({ hostname: 'redis.example', port: 6379, tls: { mode: 'implicit', degradedDaysLeft: 14 } as never }) };
    const slow = aRun({ outcome: 'degraded', responseTimeMs: CHECK.degradedResponseTime + 400 });
    expect(words({ kind: 'degraded' }, standing('degraded', slow)).slice(0, 3)).toEqual([
      'Redis EU is degraded: it answered in 3400 ms', 'Redis EU (redis.example:6379) answers, but slowly: in 3400 ms, the limit is 3000 ms.', 'Seen from fra-1.',
    ]);
    expect(words({ kind: 'degraded' }, standing('degraded', aRun({ outcome: 'degraded' })), { check: tls }).slice(0, 2)).toEqual([
      'Redis EU is degraded: its certificate expires soon', 'Redis EU (redis.example:6379) answers, but its certificate expires within 14 days.',
    ]);
  });

  it('of a recovery says how it answers now, and what it was before', () => {
    expect(words({ kind: 'recovery' }, standing('passing', aRun({ outcome: 'passed' }), { before: { standing: 'failing', sinceMs: NOON - 5 * MINUTE } }))).toEqual([
      'Redis EU has recovered', 'Redis EU (redis.example:6379) passes again, in 12 ms from fra-1, since 2026-11-22 12:00:00 UTC.', 'Before, it was failing since 2026-11-22 11:55:00 UTC.',
    ]);
  });

  it('of no data says nothing about the target, and where to look', () => {
    const text = words({ kind: 'no_data' }, standing('passing', null, { unseenSinceMs: NOON, lastVerdictMs: NOON - MINUTE }));
    expect(text).toEqual([
      'Redis EU has no data',
      'Nobody has seen Redis EU (redis.example:6379) since 2026-11-22 11:59:00 UTC: no agent could look at it, so whether it works is not known.',
      'When it was last seen it was passing.', 'Look whether the agents of its locations are running, reach the coordinator, and have no trouble of their own.',
    ]);
  });
});
