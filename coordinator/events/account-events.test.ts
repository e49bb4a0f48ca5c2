import { describe, expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { AccountEvents, type AccountEvent } from './account-events.ts';

/** Two coordinators on one Postgres. */
function twoCoordinators() {
  const clock = new FakeClock();
  const watchers = new Set<(payload: string | null) => void>();
  const published: string[] = [];
  const store = {
    publishEvents: async (payloads: readonly string[]) => {
      published.push(...payloads);
      for (const payload of payloads) for (const watcher of watchers) watcher(payload);
    },
    watchEvents: (watcher: (payload: string | null) => void) => { watchers.add(watcher); return () => { watchers.delete(watcher); }; },
    watchFleet: () => () => {},
  };
  const [here, there] = [1, 2].map(() => new AccountEvents({ store, clock, log: { warn() {} } }));
  here!.start();
  there!.start();
  return { here: here!, there: there!, clock, published, lose: () => { for (const watcher of watchers) watcher(null); } };
}

describe('news of an account', () => {
  test('reach its own dashboards alone, on every coordinator, as one event each half second', async () => {
    const { here, there, clock, published } = twoCoordinators();
    const [mine, theirs]: [AccountEvent[], AccountEvent[]] = [[], []];
    there.subscribe('mine', (event) => mine.push(event));
    there.subscribe('theirs', (event) => theirs.push(event));
    here.note('mine', 'results', ['a']);
    here.note('mine', 'results', ['a', 'b']);
    here.note('mine', 'checks', null);
    expect(mine).toEqual([]);
    await clock.advance(500);
    expect(mine).toEqual([{ kind: 'results', checkIds: ['a', 'b'] }, { kind: 'checks', checkIds: null }]);
    expect([theirs, published.length]).toEqual([[], 2]);
  });

  test('of very many checks name none of them, so that a payload stays small', async () => {
    const { here, clock, published } = twoCoordinators();
    here.note('mine', 'results', Array.from({ length: 5_000 }, (_, n) => `check-${n}`));
    here.note('mine', 'results', ['one more']);
    await clock.advance(500);
    expect(published).toEqual(['["mine","results",null]']);
  });

  test('that may have been missed are told as "anything"', () => {
    const { there, lose } = twoCoordinators();
    const heard: AccountEvent[] = [];
    const end = there.subscribe('mine', (event) => heard.push(event));
    lose();
    expect(heard.length).toBeGreaterThan(3);
    end();
    lose();
    expect(heard.every(({ checkIds }) => checkIds === null)).toBe(true);
    expect(heard.length).toBeLessThan(10);
  });
});
