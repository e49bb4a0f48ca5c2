import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pace } from './pace.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

const open = { kind: 'open', inFlightMax: 10, totalMs: 40, intervalMs: 20, phasesMs: [10, 0, 5] } as const;

test('an open loop starts every check once an interval, in the order of the phases', async () => {
  const started: number[] = [];
  const over = pace(open, (check, _dueUs, done) => { started.push(check); done(); });
  await vi.advanceTimersByTimeAsync(60);
  await over;
  expect(started).toEqual([1, 2, 0, 1, 2, 0]);
});

test('a check that finds no room starts when one ends, and is as late as that', async () => {
  const started: { check: number; dueUs: number }[] = [];
  const over = pace({ ...open, inFlightMax: 1, phasesMs: [0, 5] }, (check, dueUs, done) => {
    started.push({ check, dueUs });
    setTimeout(done, 15);
  });
  await vi.advanceTimersByTimeAsync(100);
  await over;
  expect(started.map(({ check }) => check)).toEqual([0, 1, 0]);
  expect(started[1]!.dueUs - started[0]!.dueUs).toBeCloseTo(5_000);
});

test('a closed loop keeps so many under way, each check after itself, and ends with the last', async () => {
  let [underWay, most] = [0, 0];
  const counts = [0, 0, 0];
  const over = pace({ kind: 'closed', inFlight: 3, totalMs: 30 }, (check, _dueUs, done) => {
    underWay += 1;
    most = Math.max(most, underWay);
    counts[check]! += 1;
    setTimeout(() => { underWay -= 1; done(); }, 10);
  });
  await vi.advanceTimersByTimeAsync(60);
  await over;
  expect({ underWay, most, counts }).toEqual({ underWay: 0, most: 3, counts: [3, 3, 3] });
});
