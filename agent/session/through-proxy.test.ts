import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { FleetService } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { Secret } from '#shared/settings/secret.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { connectFleet, type CoordinatorAddress } from './fleet-connection.ts';

const opened: (() => unknown)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of opened.splice(0).reverse()) close();
});

/** Says one thing on each stream. */
async function aCoordinator(credentials = grpc.ServerCredentials.createInsecure()): Promise<number> {
  const server = new grpc.Server();
  server.addService(FleetService, {
    session: (call: grpc.ServerDuplexStream<unknown, unknown>) => {
      call.write({ message: { $case: 'goAway', value: { reason: 'you are in', reconnectAfterMinMs: 0, reconnectAfterMaxMs: 0 } } });
      call.end();
    },
    results: (call: grpc.ServerDuplexStream<unknown, unknown>) => {
      call.write({ message: { $case: 'opened', value: { credits: 4, batchRowsMax: 10 } } });
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => { if (error) reject(error); else resolve(bound); });
  });
  opened.push(() => server.forceShutdown());
  return port;
}

/** A real CONNECT proxy, which resolves names by itself: whatever it is asked for is on loopback. */
async function aProxy(password: string | null = null) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (password !== null && request.headers['proxy-authorization'] !== `Basic ${Buffer.from(`me:${password}`).toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
      return;
    }
    asked.push(request.url ?? '');
    const onward = connect(Number((request.url ?? '').split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    sockets.add(onward);
  });
  await new Promise<void>((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });
  opened.push(() => { for (const socket of sockets) socket.destroy(); proxy.close(); });
  return { asked, port: (proxy.address() as AddressInfo).port };
}

/** Which of the two streams say something. */
async function heardOn(address: CoordinatorAddress): Promise<{ session: boolean; results: boolean }> {
  const connection = connectFleet(address);
  opened.push(() => connection.close());
  const first = async (messages: AsyncIterable<{ message?: { $case: string } | undefined }>): Promise<boolean> => {
    for await (const { message } of messages) return message !== undefined;
    return false;
  };
  const [session, results] = await Promise.all([first(connection.openSession().messages), first(connection.openResults().messages)]);
  return { session, results };
}

describe('an agent behind an HTTP CONNECT proxy', () => {
  test('has both its streams through it, a connection each, and leaves the name to the proxy', async () => {
    const port = await aCoordinator();
    const proxy = await aProxy();
    const heard = await heardOn({ host: 'sonde.invalid', port, transport: { kind: 'plaintext' }, proxy: { host: '127.0.0.1', port: proxy.port, credentials: null } });
    expect(heard).toEqual({ session: true, results: true });
    expect(proxy.asked).toEqual([`sonde.invalid:${port}`, `sonde.invalid:${port}`]);
  });

  test("checks the coordinator's certificate inside the tunnel, by the coordinator's name", async () => {
    const authority = aTestAuthority();
    const dir = mkdtempSync(join(tmpdir(), 'sonde-proxy-'));
    opened.push(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'ca.pem'), authority.ca);
    const { cert, key } = authority.issue({ altNames: ['sonde.invalid'] });
    const port = await aCoordinator(grpc.ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]));
    const proxy = await aProxy();
    const at = (host: string): CoordinatorAddress => ({
      host, port, transport: { kind: 'tls', caPath: join(dir, 'ca.pem'), client: null }, proxy: { host: '127.0.0.1', port: proxy.port, credentials: null },
    });
    expect(await heardOn(at('sonde.invalid'))).toEqual({ session: true, results: true });
    expect(await heardOn(at('another.invalid'))).toEqual({ session: false, results: false });
  });

  test('shows its password where one is asked for, and gets nowhere without', async () => {
    const port = await aCoordinator();
    const proxy = await aProxy('hunter2');
    const at = (credentials: Secret | null): CoordinatorAddress => (
      { host: '127.0.0.1', port, transport: { kind: 'plaintext' }, proxy: { host: '127.0.0.1', port: proxy.port, credentials } }
    );
    expect(await heardOn(at(new Secret('me:hunter2')))).toEqual({ session: true, results: true });
    expect(await heardOn(at(new Secret('me:wrong')))).toEqual({ session: false, results: false });
    expect(await heardOn(at(null))).toEqual({ session: false, results: false });
  });

  test('takes the one of the usual variables when it is told of no other, but not for no_proxy or its own machine', async () => {
    const port = await aCoordinator();
    const proxy = await aProxy();
    vi.stubEnv('https_proxy', `http://127.0.0.1:${proxy.port}`);
    expect(await heardOn({ host: 'sonde.invalid', port, transport: { kind: 'plaintext' }, proxy: null })).toEqual({ session: true, results: true });
    expect(proxy.asked).toHaveLength(2);
    expect(await heardOn({ host: 'localhost', port, transport: { kind: 'plaintext' }, proxy: null })).toEqual({ session: true, results: true });
    vi.stubEnv('no_proxy', '.invalid');
    expect(await heardOn({ host: 'sonde.invalid', port, transport: { kind: 'plaintext' }, proxy: null })).toEqual({ session: false, results: false });
    expect(proxy.asked).toHaveLength(2);
  });
});
