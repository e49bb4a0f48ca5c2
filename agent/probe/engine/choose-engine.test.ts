import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { systemClock } from '#shared/time/clock.ts';
import { Deadlines } from '../deadlines.ts';
import { skipWithoutKernelEngine } from '../testing/without-kernel-engine.ts';
import { chooseEngine, type ChooseEngineOptions } from './choose-engine.ts';
import type { Engine } from './engine.ts';
import type { EngineChoice } from './engine-choice.ts';
import { closeDescriptors } from './kernel/close-descriptors.ts';
import { Descriptors } from './kernel/descriptors.ts';
import { openKernelEngine } from './kernel/kernel-engine.ts';
import { layoutOf, type Layout } from './kernel/layout.ts';
import type { PlainEngineDeps } from './plain-engine.ts';
import { SecureContexts } from './secure-contexts.ts';

const plain: PlainEngineDeps = { clock: systemClock, deadlines: new Deadlines(systemClock), secureContexts: new SecureContexts(), tcpInfo: null };
const closing: (() => void)[] = [];
afterEach(() => { for (const close of closing.splice(0)) close(); });

async function chosen(choice: EngineChoice, options: ChooseEngineOptions = {}) {
  const engine = chooseEngine(choice, plain, options);
  closing.push(() => engine.close());
  return { engine, status: await engine.chosen };
}

async function connects(engine: ReturnType<typeof chooseEngine>): Promise<string> {
  const server = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const opened = await engine.open({ address: '127.0.0.1', port, family: 'IPv4', sourceAddress: null, untilUs: systemClock.monotonicUs() + 5e6, signal: undefined });
  if (!opened.ok) return 'not connected';
  opened.connection.close();
  return opened.connection.clock;
}

describe('the engine', () => {
  test.for(['auto', 'kernel'] as const)('is the kernel-timed one for `%s` where it is to be had', async (choice, context) => {
    skipWithoutKernelEngine(context);
    const { engine, status } = await chosen(choice);
    expect(status).toEqual({ kind: 'kernel', reason: '' });
    expect(await connects(engine)).toBe('kernel');
  });

  test('is the plain one where it was asked for, and while the other is being checked', async () => {
    const engine = chooseEngine('auto', plain);
    closing.push(() => engine.close());
    expect(engine.status()).toEqual({ kind: 'plain', reason: 'the kernel-timed engine is being checked' });
    await engine.chosen;
    expect((await chosen('plain')).status).toEqual({ kind: 'plain', reason: 'SONDE_PROBE_ENGINE is plain' });
  });

  test.each(['auto', 'kernel'] as const)('is the plain one for `%s` where the FFI package does not load, and says so', async (choice) => {
    const { engine, status } = await chosen(choice, { loadKoffi: () => { throw new Error("Cannot find module 'koffi'\nRequire stack: …"); } });
    expect(status.kind).toBe('plain');
    if (layoutOf(process.platform, process.arch) !== null) expect(status.reason).toBe("Cannot find module 'koffi'");
    expect(await connects(engine)).toBe('user');
  });
});

test('an engine that does not pass its check on a busy machine is checked again, and serves once it passes', async () => {
  const clock = new FakeClock();
  const refusals = ['the event loop does not tell in time', 'the kernel does not stamp what arrives'];
  const kernel: Engine & { close(): void } = { clock: 'kernel', open: () => Promise.reject(new Error('not dialled here')), close: () => {} };
  const engine = chooseEngine('auto', { ...plain, clock, deadlines: new Deadlines(clock) }, {
    openKernel: async () => {
      const reason = refusals.shift();
      return reason === undefined ? { ok: true, engine: kernel } : { ok: false, reason, mayPassLater: true };
    },
  });
  await clock.advance(500);
  expect(engine.status()).toEqual({ kind: 'plain', reason: 'the event loop does not tell in time' });
  await clock.advance(5_000);
  expect(engine.status()).toEqual({ kind: 'plain', reason: 'the kernel does not stamp what arrives' });
  await clock.advance(10_000);
  expect(engine.status()).toEqual({ kind: 'kernel', reason: '' });
  expect(clock.pending).toBe(0);
});

describe('the kernel-timed engine refuses', () => {
  beforeEach(skipWithoutKernelEngine);

  test('a system nobody has looked at', async () => {
    expect(await openKernelEngine({ plain, layout: layoutOf('linux', 'riscv64') })).toMatchObject({ ok: false, mayPassLater: false });
    expect(layoutOf('darwin', 'arm64')).toBeNull();
  });

  test("the other architecture's layout, and leaves nothing open", async () => {
    const before = readdirSync('/proc/self/fd').length;
    const other: Layout = layoutOf('linux', process.arch === 'x64' ? 'arm64' : 'x64')!;
    const descriptors = Descriptors.memory();
    expect(await openKernelEngine({ plain, layout: other, descriptors: new Descriptors(descriptors) })).toMatchObject({ ok: false, reason: expect.stringContaining('epoll_event'), mayPassLater: true });
    expect(new Descriptors(descriptors).held()).toEqual([]);
    await expect.poll(() => readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
  });
});

test('what a thread that died held open is closed for it', async (context) => {
  skipWithoutKernelEngine(context);
  const memory = Descriptors.memory();
  const { engine } = await chosen('kernel', { descriptors: new Descriptors(memory) });
  const server = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  await engine.open({ address: '127.0.0.1', port, family: 'IPv4', sourceAddress: null, untilUs: systemClock.monotonicUs() + 5e6, signal: undefined });
  const [socket] = await accepted;
  const gone = once(socket, 'end');
  // The connection, and the socket that keeps stamping on.
  expect(closeDescriptors(memory)).toBe(2);
  await gone;
  expect(closeDescriptors(memory)).toBe(0);
});
