import { describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { askServers, type Reply } from './ask-servers.ts';
import type { ChannelResult } from './channel.ts';
import { ChannelPool } from './channel-pool.ts';
import { Patience } from './patience.ts';

type Asked = { readonly server: string; readonly done: (result: ChannelResult) => void; isDropped: boolean };

/** Servers that are silent until the test answers. */
function silentServers(servers: readonly string[], timeoutMs: number): { clock: FakeClock; asked: Asked[]; reply: Promise<Reply>; open: () => number; silences: () => number } {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  let silences = 0;
  const pool = new ChannelPool(() => {
    const mine: Asked[] = [];
    return {
      ask: ({ server }, done) => { const one = { server, done, isDropped: false }; mine.push(one); asked.push(one); },
      drop: () => { for (const one of mine) one.isDropped = true; },
    };
  });
  const patience = new Patience(clock, timeoutMs, new AbortController().signal);
  const reply = askServers({ clock, pool }, { name: 'db.test', type: 'A', servers }, patience, () => { silences += 1; });
  return { clock, asked, reply, open: () => asked.filter(({ isDropped }) => !isDropped).length, silences: () => silences };
}

describe('a question to silent servers', () => {
  it('is asked in turn, after a second and then after twice as long each, six times at most', async () => {
    const { clock, asked, open, silences } = silentServers(['a', 'b'], 60_000);
    const counts: number[] = [];
    for (const untilMs of [999, 1000, 2999, 3000, 7000, 15_000, 31_000, 59_000]) {
      await clock.advance(untilMs - clock.monotonicUs() / 1000);
      counts.push(asked.length);
      expect(open()).toBeLessThanOrEqual(2);
    }
    expect(counts).toEqual([1, 2, 2, 3, 4, 5, 6, 6]);
    expect(asked.map(({ server }) => server)).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(asked[0]?.isDropped).toBe(false);
    expect(silences()).toBe(1);
  });

  it('is asked at least twice within a short time, and leaves nothing open at its end', async () => {
    const { clock, asked, reply, open } = silentServers(['a'], 40);
    await clock.advance(40);
    expect(await reply).toEqual({ kind: 'trouble', trouble: 'timeout' });
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(open()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('is not waited for any more when the same server has answered with trouble', async () => {
    const { clock, asked, reply, open } = silentServers(['a'], 40);
    await clock.advance(10);
    asked[1]?.done({ errorCode: 'EREFUSED' });
    expect(await reply).toEqual({ kind: 'trouble', trouble: 'refused' });
    expect(open()).toBe(0);
  });

  it('goes to the next server at once on trouble, and ends with the first one\'s when all have it', async () => {
    const { asked, reply } = silentServers(['a', 'b', 'c'], 5000);
    asked[0]?.done({ errorCode: 'ESERVFAIL' });
    asked[1]?.done({ errorCode: 'ECONNREFUSED' });
    asked[2]?.done({ errorCode: 'EREFUSED' });
    expect(asked.map(({ server }) => server)).toEqual(['a', 'b', 'c']);
    expect(await reply).toEqual({ kind: 'trouble', trouble: 'servfail' });
  });

  it('takes the next server\'s NXDOMAIN as final', async () => {
    const { asked, reply } = silentServers(['a', 'b', 'c'], 5000);
    asked[0]?.done({ errorCode: 'ESERVFAIL' });
    asked[1]?.done({ errorCode: 'ENOTFOUND' });
    expect(await reply).toEqual({ kind: 'noSuchName' });
    expect(asked).toHaveLength(2);
  });
});
