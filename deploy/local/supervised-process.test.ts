import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import type { CliProblem } from '../cli/cli-problem.ts';
import { BoundedLog } from './bounded-log.ts';
import { restartDelayMs } from './restart-delay.ts';
import { SupervisedProcess } from './supervised-process.ts';

const FILE = fileURLToPath(new URL('./testing/scripted-child.ts', import.meta.url));

let dir: string;
let news: string[];
let waiting: ((sentence: string) => void)[];
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'sonde-child-')); news = []; waiting = []; });
afterEach(() => rmSync(dir, { recursive: true }));

function aProcess(behaviour: string): { child: SupervisedProcess; logged: () => string } {
  const log = new BoundedLog(join(dir, 'child.log'));
  const onNews = (sentence: string): void => { news.push(sentence); waiting.splice(0).forEach((wake) => wake(sentence)); };
  const clock = { ...systemClock, setTimer: (ms: number, act: () => void) => systemClock.setTimer(Math.min(ms, 200), act) };
  const child = new SupervisedProcess({ name: 'agent', file: FILE, args: [behaviour], env: process.env, log, clock, onNews, onSpawn: () => {} });
  return { child, logged: () => readFileSync(log.path, 'utf8') };
}

function nextNews(): Promise<string> {
  return new Promise((resolve) => waiting.push(resolve));
}

describe('a supervised process', () => {
  it('is asked to stop by closing its channel, and may say goodbye', async () => {
    const { child, logged } = aProcess('serve');
    expect((await child.start()).httpUrl).toBe(`http://127.0.0.1/${child.pid}`);
    await child.stop();
    expect(logged()).toMatch(/^serving as \d+\ngoodbye\n$/);
    expect(isRunning(child.pid)).toBe(false);
    expect(news).toEqual([]);
  });

  it('that was killed is started again, and says so', async () => {
    const { child } = aProcess('serve');
    await child.start();
    const first = child.pid ?? 0;
    const told = nextNews();
    process.kill(first, 'SIGKILL');
    expect(await told).toBe('the agent ended unexpectedly; starting it again in 0.5 s');
    expect(await nextNews()).toContain('the agent runs again');
    expect(child.pid).not.toBe(first);
    await child.stop();
    expect(isRunning(child.pid)).toBe(false);
  });

  it('that cannot start says why, in its own words', async () => {
    const refusing = aProcess('refuse').child;
    await expect(refusing.start()).rejects.toMatchObject({ message: 'port 1 is already taken', exitCode: 2 } satisfies Partial<CliProblem>);
    await refusing.stop();
  });

  it('that dies before it is ready names its log, which has its last words', async () => {
    const { child, logged } = aProcess('crash');
    await expect(child.start()).rejects.toThrow(`the agent ended before it was ready (code 7); its log is ${join(dir, 'child.log')}`);
    await child.stop();
    expect(logged()).toBe('out of luck\n');
  });

  it('that does not stop is killed', async () => {
    const { child } = aProcess('stubborn');
    await child.start();
    await child.stop();
    expect(isRunning(child.pid)).toBe(false);
  });
});

describe('starting again', () => {
  it('waits longer each time, up to half a minute', () => {
    expect([1, 2, 3, 6, 7, 100].map(restartDelayMs)).toEqual([500, 1_000, 2_000, 16_000, 30_000, 30_000]);
  });
});

function isRunning(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return true;
  } catch {
    return false;
  }
}
