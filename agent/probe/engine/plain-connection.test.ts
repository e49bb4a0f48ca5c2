import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#shared/time/clock.ts';
import { Deadlines } from '../deadlines.ts';
import type { Connection } from './engine.ts';
import { plainEngine } from './plain-engine.ts';
import { SecureContexts } from './secure-contexts.ts';

const deadlines = new Deadlines(systemClock);
const engine = plainEngine({ clock: systemClock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null });
let server: net.Server;
let accepted: net.Socket;
let connection: Connection;

beforeEach(async () => {
  server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepting = once(server, 'connection') as Promise<[net.Socket]>;
  const { port } = server.address() as net.AddressInfo;
  const opened = await engine.open({ address: '127.0.0.1', port, family: 'IPv4', sourceAddress: null, untilUs: inUs(5_000_000), signal: undefined });
  if (!opened.ok) throw new Error('loopback refused');
  connection = opened.connection;
  [accepted] = await accepting;
  accepted.on('error', () => {});
});

afterEach(() => {
  connection.close();
  accepted.destroy();
  server.close();
});

test('bytes that the kernel takes at once are sent within the call, at that instant', async () => {
  const beforeUs = systemClock.monotonicUs();
  const writing = connection.write(Buffer.from('PING\r\n'), inUs(5_000_000));
  const afterUs = systemClock.monotonicUs();
  expect(deadlines.pending).toBe(0);
  const written = await writing;
  expect(written.ok && written.atUs >= beforeUs && written.atUs <= afterUs).toBe(true);
  accepted.resume();
  expect(String((await once(accepted, 'data'))[0])).toBe('PING\r\n');
});

test('bytes for which there is no room are waited for until the deadline', async () => {
  const writing = connection.write(Buffer.alloc(64 * 1024 * 1024), inUs(30_000));
  expect(deadlines.pending).toBe(1);
  expect(await writing).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
});

test('bytes that the kernel refuses within the call were not sent', async () => {
  accepted.resetAndDestroy();
  expect(await connection.write(Buffer.from('PING\r\n'), inUs(5_000_000))).toMatchObject({ ok: false, trouble: { kind: 'failed', code: 'ECONNRESET' } });
});

function inUs(us: number): number {
  return systemClock.monotonicUs() + us;
}
