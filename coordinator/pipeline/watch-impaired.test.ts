import { describe, expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { createLog } from '#shared/log.ts';
import { MemoryImpaired } from './testing/memory-impaired.ts';
import { ImpairedWatch, type HeardWitnesses } from './watch-impaired.ts';

function aWatch() {
  const clock = new FakeClock();
  const store = new MemoryImpaired();
  const heard: { agents: HeardWitnesses[] } = { agents: [] };
  const watch = new ImpairedWatch({ store, clock, log: createLog('test', 'silent'), heard: () => heard.agents });
  const fromMs = clock.nowMs();
  const anAgent = (changes: Partial<HeardWitnesses> = {}): HeardWitnesses => ({
    locationId: 'dc-1', agentId: 'a-1', state: 'failing', sinceMs: fromMs, answering: 0, total: 2,
    episodes: [{ fromMs, toMs: null, targetsSilent: 5, targetsReached: 0 }], ...changes,
  });
  const windows = (): readonly { fromMs: number; toMs: number | null; isWithdrawn: boolean }[] => [...store.windows.values()];
  return { clock, store, heard, watch, fromMs, anAgent, windows };
}

describe('impaired windows', () => {
  test("an agent whose network is lost has one until its witnesses answer, each change marked for the judge once", async () => {
    const { clock, store, heard, watch, fromMs, anAgent, windows } = aWatch();
    heard.agents = [anAgent()];
    await watch.look();
    await watch.look();
    expect(windows()).toMatchObject([{ fromMs, toMs: null, isWithdrawn: false }]);
    await clock.advance(60_000);
    heard.agents = [anAgent({ state: 'ok', sinceMs: clock.nowMs(), answering: 2, episodes: [{ fromMs, toMs: clock.nowMs(), targetsSilent: 5, targetsReached: 0 }] })];
    await watch.look();
    await watch.look();
    expect(windows()).toMatchObject([{ fromMs, toMs: fromMs + 60_000, isWithdrawn: false }]);
    expect(store.hints).toEqual(['dc-1', 'dc-1']);
    expect(store.witnesses.get('a-1')).toMatchObject({ state: 'ok', answering: 2 });
  });

  test('a site that is truly down, witnesses answering, has none: its outage counts', async () => {
    const { store, heard, watch, fromMs, anAgent, windows } = aWatch();
    heard.agents = [anAgent({ state: 'ok', sinceMs: fromMs, answering: 2, episodes: [] })];
    await watch.look();
    expect([windows(), store.hints]).toEqual([[], []]);
  });

  test('a site that is truly down, and a badly chosen witness with it, has none where others see it, too', async () => {
    const { store, heard, watch, anAgent, windows } = aWatch();
    store.elsewhere = { silent: 5, reached: 0 };
    heard.agents = [anAgent()];
    await watch.look();
    expect(windows()).toEqual([]);
  });

  test('when others see it only later, the window is withdrawn and stays so', async () => {
    const { store, heard, watch, anAgent, windows } = aWatch();
    heard.agents = [anAgent()];
    await watch.look();
    store.elsewhere = { silent: 5, reached: 0 };
    await watch.look();
    store.elsewhere = { silent: 0, reached: 5 };
    await watch.look();
    expect(windows()).toMatchObject([{ isWithdrawn: true }]);
    expect(store.hints).toHaveLength(2);
  });

  test('an agent that was cut off from the coordinator, too, tells of it afterwards', async () => {
    const { clock, heard, watch, fromMs, anAgent, windows } = aWatch();
    await clock.advance(600_000);
    heard.agents = [anAgent({ state: 'ok', sinceMs: clock.nowMs(), episodes: [{ fromMs, toMs: fromMs + 500_000, targetsSilent: 5, targetsReached: 0 }] })];
    await watch.look();
    expect(windows()).toMatchObject([{ fromMs, toMs: fromMs + 500_000 }]);
  });

  test('a window that its agent forgot by a restart is closed when its witnesses answer', async () => {
    const { clock, heard, watch, anAgent, windows } = aWatch();
    heard.agents = [anAgent()];
    await watch.look();
    await clock.advance(30_000);
    heard.agents = [anAgent({ state: 'ok', sinceMs: clock.nowMs(), answering: 1, episodes: [] })];
    await watch.look();
    expect(windows()).toMatchObject([{ toMs: clock.nowMs() }]);
  });
});
