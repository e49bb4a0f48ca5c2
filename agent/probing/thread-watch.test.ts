import { expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { Clock } from '#shared/time/clock.ts';
import { ThreadWatch } from './thread-watch.ts';

const LOOK_MS = 1_000;

/** A watch over a thread; every timer of its own thread is so late. */
function aWatch(lateMs = (): number => 0) {
  const fake = new FakeClock();
  const clock: Clock = { nowMs: () => fake.nowMs(), monotonicUs: () => fake.monotonicUs(), setTimer: (delayMs, callback) => fake.setTimer(delayMs + lateMs(), callback) };
  const seen = { asked: 0, hungAtMs: null as number | null };
  let onAsked = (): void => {};
  const watch = new ThreadWatch({
    clock, lookMs: LOOK_MS,
    ask: () => { seen.asked += 1; onAsked(); },
    onHang: () => { expect(seen.hungAtMs).toBe(null); seen.hungAtMs = fake.monotonicUs() / 1_000; },
  });
  return { fake, watch, seen, answerWith: (answer: () => void) => { onAsked = answer; } };
}

test('a thread that answers is left alone, and one that stops answering hangs 21 s after its last answer', async () => {
  const { fake, watch, seen, answerWith } = aWatch();
  watch.answered();
  answerWith(() => watch.answered());
  await fake.advance(600_000);
  expect(seen).toEqual({ asked: 600, hungAtMs: null });
  answerWith(() => {});
  await fake.advance(600_000);
  expect(seen).toEqual({ asked: 620, hungAtMs: 621_000 });
});

test('one answer, however late, begins the count anew', async () => {
  const { fake, watch, seen } = aWatch();
  watch.answered();
  for (let times = 0; times < 10; times += 1) {
    await fake.advance(20_000);
    watch.answered();
  }
  expect(seen.hungAtMs).toBe(null);
});

test('while the looking thread waits for a core itself, its looks blame nobody, up to 80 of them', async () => {
  const { fake, watch, seen } = aWatch(() => 500);
  watch.answered();
  await fake.advance(1_500 * 80);
  expect(seen).toEqual({ asked: 80, hungAtMs: null });
  await fake.advance(1_500);
  expect(seen.hungAtMs).toBe(121_500);
});

test('looks that came late do not count, those before and after them do', async () => {
  let lateMs = 0;
  const { fake, watch, seen } = aWatch(() => lateMs);
  watch.answered();
  await fake.advance(9_999);
  lateMs = 9_000;
  // The tenth look is set already; these are the next five.
  await fake.advance(1 + 5 * 10_000 - 1);
  lateMs = 0;
  await fake.advance(1 + 10_000);
  expect(seen.hungAtMs).toBe(null);
  await fake.advance(1_000);
  expect(seen.hungAtMs).toBe(71_000);
});

test('a thread that still loads is given 80 looks, and what it owes is forgotten once it is ready', async () => {
  const [slow, never] = [aWatch(), aWatch()];
  await slow.fake.advance(60_000);
  slow.watch.answered();
  await slow.fake.advance(20_500);
  expect(slow.seen.hungAtMs).toBe(null);
  await never.fake.advance(600_000);
  expect(never.seen).toEqual({ asked: 80, hungAtMs: 81_000 });
});

test('nothing is looked at once it is stopped', async () => {
  const { fake, watch, seen } = aWatch();
  watch.stop();
  await fake.advance(600_000);
  expect({ ...seen, pending: fake.pending }).toEqual({ asked: 0, hungAtMs: null, pending: 0 });
});
