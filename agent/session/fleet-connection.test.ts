import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FleetService } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { connectFleet, type CoordinatorAddress } from './fleet-connection.ts';

const ours = aTestAuthority('Ours');
const theirs = aTestAuthority('Theirs');
const client = ours.issue({ commonName: 'agent' });
let dir: string;
const opened: (() => unknown)[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-tls-'));
  for (const [file, text] of [['ours.pem', ours.ca], ['theirs.pem', theirs.ca], ['client.pem', client.cert], ['client.key', client.key]] as const) writeFileSync(join(dir, file), text, { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(() => { for (const close of opened.splice(0).reverse()) close(); });

/** A coordinator that welcomes whoever comes through TLS. */
async function aCoordinator({ asksForCertificates = false, names = ['localhost'] } = {}): Promise<number> {
  const { cert, key } = ours.issue({ altNames: names });
  const server = new grpc.Server();
  server.addService(FleetService, {
    session: (call: grpc.ServerDuplexStream<unknown, unknown>) => {
      call.write({ message: { $case: 'goAway', value: { reason: 'you are in', reconnectAfterMinMs: 0, reconnectAfterMaxMs: 0 } } });
      call.end();
    },
    results: () => {},
  });
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(ours.ca), [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }], asksForCertificates);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => { if (error) reject(error); else resolve(bound); });
  });
  opened.push(() => server.forceShutdown());
  return port;
}

async function isIn(port: number, transport: CoordinatorAddress['transport']): Promise<boolean> {
  const connection = connectFleet({ host: 'localhost', port, transport });
  opened.push(() => connection.close());
  for await (const { message } of connection.openSession().messages) return message?.$case === 'goAway';
  return false;
}

const path = (file: string) => join(dir, file);

describe('an agent over TLS', () => {
  test('trusts the authority it is told, and no other', async () => {
    const port = await aCoordinator();
    expect(await isIn(port, { kind: 'tls', caPath: path('ours.pem'), client: null })).toBe(true);
    expect(await isIn(port, { kind: 'tls', caPath: path('theirs.pem'), client: null })).toBe(false);
    expect(await isIn(port, { kind: 'tls', caPath: null, client: null })).toBe(false);
    expect(await isIn(port, { kind: 'plaintext' })).toBe(false);
  });

  test('wants the coordinator\'s name in the certificate', async () => {
    const port = await aCoordinator({ names: ['another.example'] });
    expect(await isIn(port, { kind: 'tls', caPath: path('ours.pem'), client: null })).toBe(false);
  });

  test('shows its own certificate where one is asked for', async () => {
    const port = await aCoordinator({ asksForCertificates: true });
    expect(await isIn(port, { kind: 'tls', caPath: path('ours.pem'), client: { certPath: path('client.pem'), keyPath: path('client.key') } })).toBe(true);
    expect(await isIn(port, { kind: 'tls', caPath: path('ours.pem'), client: null })).toBe(false);
  });
});
