import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askToOpen, NEW_ADMISSION, noteDone, noteGone, OPENING_MAX } from './admission.ts';
import { reconnectWindowMs, SESSIONS_PER_SECOND } from './reconnect-window.ts';

describe('admission of sessions', () => {
  test('a few are worked on at once, the next ones wait, and begin as others are done', () => {
    let state = NEW_ADMISSION;
    const kinds = Array.from({ length: OPENING_MAX + 2 }, () => {
      const asked = askToOpen(state, 0);
      state = asked.state;
      return asked.answer.kind;
    });
    expect(kinds).toEqual([...Array.from({ length: OPENING_MAX }, () => 'begin'), 'wait', 'wait']);
    const done = noteDone(noteGone(state), 5);
    expect(done).toMatchObject({ next: true, state: { underWay: OPENING_MAX, waiting: 0 } });
    expect(noteDone(done.state, 10)).toMatchObject({ next: false, state: { underWay: OPENING_MAX - 1 } });
  });

  test('never works on more than it may, nor forgets one, whoever comes, is done and goes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('ask', 'done', 'gone'), fc.nat(2_000)), { maxLength: 500 }), (events) => {
      let [state, nowMs, inside] = [NEW_ADMISSION, 0, 0];
      for (const [event, gapMs] of events) {
        nowMs += gapMs;
        if (event === 'ask') {
          const { state: next, answer } = askToOpen(state, nowMs);
          state = next;
          if (answer.kind === 'later') expect(answer.retryAfterMs).toBeLessThanOrEqual(30_000);
          else inside += 1;
        } else if (event === 'done' && state.underWay > 0) {
          state = noteDone(state, nowMs).state;
          inside -= 1;
        } else if (event === 'gone' && state.waiting > 0) {
          state = noteGone(state);
          inside -= 1;
        }
        expect(state.underWay).toBeLessThanOrEqual(OPENING_MAX);
        expect(state.underWay + state.waiting).toBe(inside);
        if (state.waiting > 0) expect(state.underWay).toBe(OPENING_MAX);
      }
    }));
  });

  test('a herd of 3,000 that does as it is told, with its jitter, is in within 35 s (F13), though the store is slow at first', () => {
    const { allInMs, waitedMsMax } = herd(3_000, 1_000, (nowMs) => (nowMs < 2_000 ? 30 : 7));
    expect(allInMs).toBeLessThan(35_000);
    expect(waitedMsMax).toBeLessThan(10_000);
  });

  test('where openings take long, those that are let in still have not given up when their turn comes', () => {
    const { allInMs, waitedMsMax } = herd(1_000, 5_000, () => 50);
    expect(waitedMsMax).toBeLessThan(10_000);
    // 50 s of work; the rest is jitter.
    expect(allInMs).toBeLessThan(80_000);
  });
});

/** Comes within `overMs`; one opening is done every so many ms, while there is any. In steps of a ms. */
function herd(agents: number, overMs: number, paceMs: (nowMs: number) => number): { readonly allInMs: number; readonly waitedMsMax: number } {
  let seed = 1;
  const random = (): number => { seed = (seed * 48_271) % 2_147_483_647; return seed / 2_147_483_647; };
  const arrivals = Map.groupBy(Array.from({ length: agents }, () => Math.floor(random() * overMs)), (atMs) => atMs);
  const waiting: number[] = [];
  let [state, left, lastDoneMs, waitedMsMax, nowMs] = [NEW_ADMISSION, agents, 0, 0, 0];
  for (; left > 0 && nowMs < 300_000; nowMs += 1) {
    for (const _ of arrivals.get(nowMs) ?? []) {
      const { state: next, answer } = askToOpen(state, nowMs);
      state = next;
      if (answer.kind === 'wait') waiting.push(nowMs);
      if (answer.kind !== 'later') continue;
      const backMs = nowMs + Math.ceil(answer.retryAfterMs * (0.5 + random()));
      arrivals.set(backMs, [...arrivals.get(backMs) ?? [], backMs]);
    }
    if (state.underWay === 0 || nowMs - lastDoneMs < paceMs(nowMs)) continue;
    const done = noteDone(state, nowMs);
    [state, lastDoneMs, left] = [done.state, nowMs, left - 1];
    if (done.next) waitedMsMax = Math.max(waitedMsMax, nowMs - waiting.shift()!);
  }
  return { allInMs: nowMs, waitedMsMax };
}

test('the window to come back in grows with the number of agents, and has an end', () => {
  expect([1, 1_000, 1_000_000].map(reconnectWindowMs)).toEqual([1_000, 1_000 * (1_000 / SESSIONS_PER_SECOND), 30_000]);
});
