import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import { Deadlines } from '../../deadlines.ts';
import { skipWithoutKernelEngine, whyNoKernelEngine } from '../../testing/without-kernel-engine.ts';
import type { Connection, Engine } from '../engine.ts';
import { SecureContexts } from '../secure-contexts.ts';
import { openKernelEngine } from './kernel-engine.ts';

const nowUs = (): number => systemClock.monotonicUs();
const inUs = (us: number): number => nowUs() + us;
const PING = Buffer.from('PING\r\n');

const isMissing = whyNoKernelEngine() !== null;

describe('the kernel-timed engine, in a thread that is kept busy,', () => {
  let engine: Engine & { close(): void };
  let target: Worker;
  let port: number;
  const connections: Connection[] = [];

  beforeEach(skipWithoutKernelEngine);
  beforeAll(async () => {
    if (isMissing) return;
    const opened = await openKernelEngine({ plain: { clock: systemClock, deadlines: new Deadlines(systemClock), secureContexts: new SecureContexts(), tcpInfo: null } });
    if (!opened.ok) throw new Error(opened.reason);
    ({ engine } = opened);
    target = new Worker(new URL('./testing/echo-worker.ts', import.meta.url));
    [port] = await once(target, 'message') as [number];
  });
  afterEach(() => { for (const connection of connections.splice(0)) connection.close(); });
  afterAll(async () => {
    if (isMissing) return;
    engine.close();
    await target.terminate();
  });

  const open = (untilUs = inUs(5_000_000)) => engine.open({ address: '127.0.0.1', port, family: 'IPv4', sourceAddress: null, untilUs, signal: undefined });
  async function connected(): Promise<Connection> {
    const opened = await open();
    if (!opened.ok) throw new Error('loopback refused');
    connections.push(opened.connection);
    return opened.connection;
  }

  /** The target lives in another thread; returns when this one was free again. */
  function keepBusy(ms: number): number {
    for (const until = performance.now() + ms; performance.now() < until;);
    return nowUs();
  }

  test('tells the handshake as the kernel measured it', async () => {
    const opening = open();
    const freeUs = keepBusy(150);
    const opened = await opening;
    if (!opened.ok) throw new Error('loopback refused');
    connections.push(opened.connection);
    expect(opened.connection).toMatchObject({ clock: 'kernel', synRetransmits: 0, remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' });
    expect(opened.atUs).toBeLessThan(freeUs - 50_000);
    expect(opened.atUs).toBeGreaterThan(opened.startedUs);
  });

  test('tells when an answer had arrived, not when it got to it', async () => {
    const connection = await connected();
    const written = await connection.write(PING, inUs(5_000_000));
    const freeUs = keepBusy(500);
    const incoming = await connection.read(inUs(5_000_000));
    expect(incoming).toMatchObject({ kind: 'data' });
    expect(incoming.atUs).toBeGreaterThanOrEqual(written.atUs);
    expect(incoming.atUs).toBeLessThan(freeUs - 50_000);
    expect(connection.clock).toBe('kernel');
  });

  test('keeps a deadline by the kernel: what came in time counts, what came later does not', async () => {
    const connection = await connected();
    await connection.write(PING, inUs(5_000_000));
    const inTime = connection.read(inUs(400_000));
    keepBusy(500);
    expect(await inTime).toMatchObject({ kind: 'data' });

    const untilUs = inUs(20_000);
    const late = connection.read(untilUs);
    keepBusy(60);
    await connection.write(PING, inUs(5_000_000));
    keepBusy(100);
    expect(await late).toEqual({ kind: 'trouble', trouble: { kind: 'timeout' }, atUs: untilUs });
    expect(await connection.read(inUs(5_000_000))).toMatchObject({ kind: 'data' });
  });

  test('serves five hundred that begin at one instant, each with its own time', async () => {
    const startedUs = nowUs();
    const all = await Promise.all(Array.from({ length: 500 }, () => connected()));
    const written = await Promise.all(all.map((connection) => connection.write(PING, inUs(5_000_000))));
    const incoming = await Promise.all(all.map((connection) => connection.read(inUs(5_000_000))));
    expect(incoming.every(({ kind }) => kind === 'data')).toBe(true);
    expect(incoming.every(({ atUs }, index) => atUs >= written[index]!.atUs && written[index]!.atUs > startedUs)).toBe(true);
    expect(all.every(({ clock }) => clock === 'kernel')).toBe(true);
  });

  test('takes no more from a flood than there is room for, and loses none of what it takes', async () => {
    const connection = await connected();
    const line = Buffer.from('PING\r\n'.repeat(20_000));
    await connection.write(line, inUs(5_000_000));
    await sleep(50);
    let total = 0;
    for (let incoming = await connection.read(inUs(1_000_000)); incoming.kind === 'data'; incoming = await connection.read(inUs(300_000))) total += incoming.bytes.length;
    expect(total).toBe(20_000 * PING.length);
  });
});
