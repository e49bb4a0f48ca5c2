import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admitSession, BURST, newAdmission, type AdmissionState } from './admission.ts';
import { reconnectWindowMs, SESSIONS_PER_SECOND } from './reconnect-window.ts';

describe('admission of sessions', () => {
  test('a small fleet that comes back at once is let in at once', () => {
    let state = newAdmission(0);
    for (let agent = 0; agent < BURST; agent += 1) {
      const answer = admitSession(state, 0);
      expect(answer.retryAfterMs).toBeNull();
      state = answer.state;
    }
    expect(admitSession(state, 0).retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  test('never lets in more than the burst and what has come in since, however they come', () => {
    fc.assert(fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 3_000 }), (gaps) => {
      let state: AdmissionState = newAdmission(0);
      let nowMs = 0;
      let admitted = 0;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        const answer = admitSession(state, nowMs);
        state = answer.state;
        if (answer.retryAfterMs === null) admitted += 1;
        else expect(answer.retryAfterMs).toBeLessThanOrEqual(60_000);
      }
      expect(admitted).toBeLessThanOrEqual(BURST + (nowMs * SESSIONS_PER_SECOND) / 1_000);
    }));
  });

  test('a herd of 3,000 that does as it is told, with its jitter, is in within 30 s (F13)', () => {
    let seed = 1;
    const random = (): number => { seed = (seed * 48_271) % 2_147_483_647; return seed / 2_147_483_647; };
    const arrivals = Array.from({ length: 3_000 }, () => random() * 1_000);
    let state = newAdmission(0);
    let lastMs = 0;
    // In steps of 10 ms: who comes within one, comes at its end.
    let left = arrivals;
    for (let nowMs = 10; left.length > 0; nowMs += 10) {
      left = left.flatMap((atMs) => {
        if (atMs > nowMs) return [atMs];
        const answer = admitSession(state, nowMs);
        state = answer.state;
        if (answer.retryAfterMs !== null) return [nowMs + answer.retryAfterMs * (0.5 + random())];
        lastMs = nowMs;
        return [];
      });
    }
    expect(lastMs).toBeLessThan(30_000);
  });
});

test('the window to come back in grows with the number of agents, and has an end', () => {
  expect([1, 1_000, 1_000_000].map(reconnectWindowMs)).toEqual([1_000, 1_000 * (1_000 / SESSIONS_PER_SECOND), 30_000]);
});
