import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { aReport } from '#shared/testing/a-report.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { askWitness } from './ask-witness.ts';
import { WitnessWatch } from './witness-watch.ts';

const WITNESSES = [{ host: 'router.example', port: 53 }, { host: '1.1.1.1', port: 443 }];

function aWatch() {
  const clock = new FakeClock();
  const network = { up: new Set(WITNESSES.map(({ host }) => host)), asked: 0 };
  const changes: boolean[] = [];
  const watch = new WitnessWatch({
    clock, nowMs: () => clock.nowMs(), onChange: (isFailing) => changes.push(isFailing),
    ask: async ({ host }) => { network.asked += 1; return network.up.has(host); },
  });
  const run = (target: string, isReached: boolean): void => watch.saw(target, {
    startedAtMs: clock.nowMs(), report: aReport(isReached ? {} : { established: false, failure: { phase: 'connect', code: 'SOCKET_TIMEOUT', message: '' } }),
  });
  return { clock, network, changes, watch, run };
}

describe('the witnesses of an agent', () => {
  test('one that answers is enough, and one lost round is nothing', async () => {
    const { clock, network, changes, watch } = aWatch();
    watch.watch(WITNESSES);
    await clock.advance(0);
    network.up.delete('1.1.1.1');
    await clock.advance(60_000);
    expect(watch.report()).toMatchObject({ state: 'ok', answering: 1, total: 2, episodes: [] });
    network.up.clear();
    await clock.advance(5_000);
    network.up.add('1.1.1.1');
    await clock.advance(1_000);
    expect(changes).toEqual([]);
  });

  test('when none answers, the episode began at the last answer, and ends at the next', async () => {
    const { clock, network, changes, watch, run } = aWatch();
    watch.watch(WITNESSES);
    await clock.advance(0);
    await clock.advance(10_000);
    const lastAnswerMs = clock.nowMs();
    network.up.clear();
    await clock.advance(1_000);
    run('db:5432', false);
    await clock.advance(6_000);
    expect(changes).toEqual([true]);
    run('web:80', false);
    run('cache:6379', false);
    run('cache:6379', true);
    expect(watch.report()).toMatchObject({ state: 'failing', sinceMs: lastAnswerMs, answering: 0, episodes: [{ fromMs: lastAnswerMs, toMs: null, targetsSilent: 2, targetsReached: 1 }] });
    network.up.add('1.1.1.1');
    await clock.advance(1_000);
    const endMs = clock.nowMs();
    expect(changes).toEqual([true, false]);
    await clock.advance(20_000);
    run('web:80', true);
    expect(watch.report()).toMatchObject({ state: 'ok', episodes: [{ fromMs: lastAnswerMs, toMs: endMs, targetsSilent: 2, targetsReached: 1 }] });
  });

  test('an agent without witnesses never doubts', async () => {
    const { clock, watch, run } = aWatch();
    for (let each = 0; each < 100; each += 1) run(`target-${each}:80`, false);
    await clock.advance(60_000);
    expect(watch.report()).toEqual({ state: 'none', sinceMs: 0, answering: 0, total: 0, episodes: [] });
  });

  test('however often they fail, a few episodes are kept, and they are asked at most once a second', async () => {
    const { clock, network, watch, run } = aWatch();
    watch.watch(WITNESSES);
    await clock.advance(0);
    for (let cut = 0; cut < 50; cut += 1) {
      network.up.clear();
      await clock.advance(10_000);
      run('web:80', false);
      network.up.add('1.1.1.1');
      await clock.advance(10_000);
    }
    expect(watch.report().episodes).toHaveLength(8);
    expect(network.asked).toBeLessThanOrEqual(2 * 1_000);
  });

  test('a refused connection is an answer, silence is not', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => { server.once('listening', resolve); });
    const { port } = server.address() as AddressInfo;
    expect(await askWitness({ host: '127.0.0.1', port }, 2_000)).toBe(true);
    await new Promise((resolve) => { server.close(resolve); });
    expect(await askWitness({ host: '127.0.0.1', port }, 2_000)).toBe(true);
    expect(await askWitness({ host: 'no-such-name.invalid', port }, 2_000)).toBe(false);
  });
});
