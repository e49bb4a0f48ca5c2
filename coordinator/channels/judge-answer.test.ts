import { describe, expect, it } from 'vitest';
import { judgeAnswer } from './judge-answer.ts';
import type { Answer } from './outgoing.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const answered = (status: number, { retryAfter = null as string | null, body = '' } = {}): Answer => ({ kind: 'answered', status, statusText: '', retryAfter, body });
const waitOf = (answer: Answer): number | null | undefined => {
  const verdict = judgeAnswer('WEBHOOK_DISCORD', answer, NOW_MS);
  return verdict.kind === 'retry' ? verdict.afterMs : undefined;
};

describe('an answer', () => {
  it.each([
    [200, 'delivered', 'delivered'], [204, 'delivered', 'delivered'], [301, 'retry', 'retry'], [400, 'retry', 'refused'], [404, 'retry', 'refused'],
    [408, 'retry', 'retry'], [410, 'gone', 'refused'], [429, 'retry', 'retry'], [500, 'retry', 'retry'], [503, 'retry', 'retry'],
  ])('of %i means %s for a person’s webhook and %s for PagerDuty', (status, ofWebhook, ofService) => {
    expect([judgeAnswer('WEBHOOK', answered(status), NOW_MS).kind, judgeAnswer('PAGERDUTY', answered(status), NOW_MS).kind]).toEqual([ofWebhook, ofService]);
  });

  it('names its pause in seconds, as a date, or in the body as Discord and Telegram do; at most six hours, never before now', () => {
    expect(waitOf(answered(429, { retryAfter: '30' }))).toBe(30_000);
    expect(waitOf(answered(503, { retryAfter: 'Sun, 22 Nov 2026 12:02:00 GMT' }))).toBe(120_000);
    expect(waitOf(answered(429, { body: '{"retry_after": 0.65}' }))).toBe(650);
    expect(waitOf(answered(429, { body: '{"ok":false,"parameters":{"retry_after":7}}' }))).toBe(7_000);
    expect(waitOf(answered(429, { retryAfter: '9999999' }))).toBe(6 * 3_600_000);
    expect([waitOf(answered(429, { retryAfter: 'Sun, 22 Nov 2020 12:00:00 GMT' })), waitOf(answered(429, { retryAfter: 'soon' })), waitOf(answered(429, { body: '<html>' }))]).toEqual([null, null, null]);
  });
});
