import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hasIdentity, keptIdentity } from './identity.ts';

const dirs: string[] = [];
afterEach(() => { for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true }); });
function aDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-identity-'));
  dirs.push(dir);
  return dir;
}

describe('an agent\'s identity', () => {
  test('is made once, for its user alone, and is the same after a restart', () => {
    const dir = join(aDir(), 'data');
    expect(hasIdentity(dir)).toBe(false);
    const first = keptIdentity(dir);
    const second = keptIdentity(dir);
    expect(hasIdentity(dir)).toBe(true);
    expect([second.agentId, second.ownKey.publicKey]).toEqual([first.agentId, first.ownKey.publicKey]);
    for (const file of ['agent-id', 'agent-key']) expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
  });

  test('signs as RFC 8032 says, with the 32 bytes it shows', () => {
    const { ownKey } = keptIdentity(aDir());
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: ownKey.publicKey.toString('base64url') }, format: 'jwk' });
    expect(ownKey.publicKey).toHaveLength(32);
    expect(verify(null, Buffer.from('hello'), publicKey, ownKey.sign(Buffer.from('hello')))).toBe(true);
  });

  test('of a data directory from before agents had keys keeps its id', () => {
    const dir = aDir();
    writeFileSync(join(dir, 'agent-id'), '3f2b0c1a-5d5e-4d7e-9a55-1c0c8f1f2a11\n');
    expect(hasIdentity(dir)).toBe(false);
    expect(keptIdentity(dir)).toMatchObject({ agentId: '3f2b0c1a-5d5e-4d7e-9a55-1c0c8f1f2a11' });
  });

  test.each(['agent-id', 'agent-key'])('is not replaced when %s is damaged', (file) => {
    const dir = aDir();
    keptIdentity(dir);
    writeFileSync(join(dir, file), 'rubbish');
    expect(() => keptIdentity(dir)).toThrow(`${join(dir, file)} does not hold`);
  });
});
