import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FleetClient } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { openFleetServer } from './fleet-server.ts';

const ours = aTestAuthority('Ours');
const theirs = aTestAuthority('Theirs');
const server = ours.issue();
let dir: string;
const opened: (() => unknown)[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-tls-'));
  for (const [file, text] of [['server.pem', server.cert], ['server.key', server.key], ['client-ca.pem', ours.ca]] as const) writeFileSync(join(dir, file), text, { mode: 0o600 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(async () => { for (const close of opened.splice(0).reverse()) await close(); });

/** A door that says goodbye to whoever comes in. */
async function aDoor({ asksForCertificates = false } = {}): Promise<number> {
  const door = await openFleetServer({
    host: '127.0.0.1', port: 0, reflection: false,
    tls: { certFile: join(dir, 'server.pem'), keyFile: join(dir, 'server.key'), clientCaFile: asksForCertificates ? join(dir, 'client-ca.pem') : null },
    onSession: (stream) => {
      void stream.write({ message: { $case: 'goAway', value: { reason: 'you are in', reconnectAfterMinMs: 0, reconnectAfterMaxMs: 0 } } });
      stream.end();
    },
    onResults: () => {},
  });
  opened.push(() => door.close());
  return door.port;
}

/** What the door says, or the status of being refused. */
function come(port: number, credentials: grpc.ChannelCredentials): Promise<string> {
  const client = new FleetClient(`localhost:${port}`, credentials);
  opened.push(() => client.close());
  return new Promise((resolve) => {
    const stream = client.session();
    stream.on('data', ({ message }) => resolve(message?.$case === 'goAway' ? message.value.reason : 'something else'));
    stream.on('error', (error: grpc.ServiceError) => resolve(grpc.status[error.code]!));
  });
}

const pem = (text: string) => Buffer.from(text);

describe('the fleet port with a certificate', () => {
  test('lets in who trusts its authority', async () => {
    expect(await come(await aDoor(), grpc.credentials.createSsl(pem(ours.ca)))).toBe('you are in');
  });

  test.each([
    ['who trusts another authority', () => grpc.credentials.createSsl(pem(theirs.ca))],
    ['who trusts the system\'s', () => grpc.credentials.createSsl()],
    ['who speaks plaintext', () => grpc.credentials.createInsecure()],
  ])('is not entered by %s', async (_, credentials) => {
    expect(await come(await aDoor(), credentials())).toBe('UNAVAILABLE');
  });
});

describe('the fleet port that asks for client certificates', () => {
  const client = ours.issue({ commonName: 'agent' });
  const stranger = theirs.issue({ commonName: 'stranger' });
  test.each([
    ['one of its authority comes in', () => grpc.credentials.createSsl(pem(ours.ca), pem(client.key), pem(client.cert)), 'you are in'],
    ['one of another does not', () => grpc.credentials.createSsl(pem(ours.ca), pem(stranger.key), pem(stranger.cert)), 'UNAVAILABLE'],
    ['nobody comes in without', () => grpc.credentials.createSsl(pem(ours.ca)), 'UNAVAILABLE'],
  ])('%s', async (_, credentials, expected) => {
    expect(await come(await aDoor({ asksForCertificates: true }), credentials())).toBe(expected);
  });
});
