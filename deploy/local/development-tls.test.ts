import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { developmentTls, type DevelopmentTls } from './development-tls.ts';

const DAY_MS = 86_400_000;
const NAMES = ['localhost', '127.0.0.1', '::1', 'dev-box'];
const closers: (() => unknown)[] = [];
afterEach(() => { for (const close of closers.splice(0)) close(); });

function aDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-dev-tls-'));
  closers.push(() => rmSync(dir, { recursive: true }));
  return dir;
}

const textOf = (tls: DevelopmentTls) => Object.fromEntries(Object.entries(tls).map(([name, path]) => [name, readFileSync(path, 'utf8')]));

/** Does whoever trusts `caPath` accept the server by that name? */
async function isTrusted({ certPath, keyPath }: DevelopmentTls, caPath: string, servername: string): Promise<boolean> {
  const server = createServer({ cert: readFileSync(certPath), key: readFileSync(keyPath) }, (socket) => socket.end()).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await new Promise((resolve) => { server.once('listening', resolve); });
  return new Promise((resolve) => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername, ca: readFileSync(caPath) }, () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}

describe('TLS of a development installation', () => {
  test('is made once and trusted by its authority alone, by every name it was made for', async () => {
    const dir = aDir();
    const tls = developmentTls(dir, NAMES, Date.now());
    expect(await isTrusted(tls, tls.caPath, 'dev-box')).toBe(true);
    expect(await isTrusted(tls, tls.caPath, 'another-box')).toBe(false);
    expect(await isTrusted(tls, developmentTls(aDir(), NAMES, Date.now()).caPath, 'dev-box')).toBe(false);
    for (const path of [tls.keyPath, join(dir, 'tls', 'ca.key')]) expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = textOf(tls);
    expect(textOf(developmentTls(dir, NAMES, Date.now()))).toEqual(before);
  });

  test('is issued anew, by the same authority, for another name, near its end, and when a file is damaged', async () => {
    const dir = aDir();
    const first = textOf(developmentTls(dir, NAMES, Date.now()));
    const renamed = developmentTls(dir, [...NAMES, 'new-name'], Date.now());
    expect(await isTrusted(renamed, renamed.caPath, 'new-name')).toBe(true);
    const second = textOf(renamed);
    expect(second['caPath']).toBe(first['caPath']);
    const third = textOf(developmentTls(dir, NAMES, Date.now() + 340 * DAY_MS));
    expect([third['caPath'], third['certPath'] === second['certPath']]).toEqual([first['caPath'], false]);
    writeFileSync(renamed.certPath, 'rubbish');
    expect(await isTrusted(developmentTls(dir, NAMES, Date.now()), renamed.caPath, 'dev-box')).toBe(true);
  });
});
