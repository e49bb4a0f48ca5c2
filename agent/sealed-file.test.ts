import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { newPrivateKeyPem, ownKeyOf } from './own-key.ts';
import { SealedFile } from './sealed-file.ts';

const dirs: string[] = [];
afterEach(() => { for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true }); });

function aFile({ key = randomBytes(32), purpose = 'timetable', bytesMax = 10_000 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-sealed-'));
  dirs.push(dir);
  const path = join(dir, 'timetable');
  return { path, key, file: new SealedFile({ path, key, purpose, bytesMax }) };
}

describe('a sealed file', () => {
  test('gives back what was written, to its user alone, and shows nothing of it on disk (I11)', async () => {
    const { path, file } = aFile();
    expect(await file.read()).toEqual({ kind: 'absent' });
    await file.write(Buffer.from('send PASS hunter2'));
    await file.write(Buffer.from('send PASS hunter3'));
    expect(await file.read()).toEqual({ kind: 'opened', content: Buffer.from('send PASS hunter3') });
    expect(readFileSync(path).toString('latin1')).not.toMatch(/hunter/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test('is unusable, never wrong, when a single byte differs, anywhere', async () => {
    const { path, file } = aFile();
    await file.write(Buffer.from('what to run'));
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x01;
      writeFileSync(path, damaged);
      expect(await file.read()).toMatchObject({ kind: 'unusable' });
    }
    writeFileSync(path, whole.subarray(0, -1));
    expect(await file.read()).toMatchObject({ kind: 'unusable' });
  });

  test('opens with the key and for the purpose it was sealed for, and no other', async () => {
    const { path, key, file } = aFile();
    await file.write(Buffer.from('what to run'));
    expect(await new SealedFile({ path, key: randomBytes(32), purpose: 'timetable', bytesMax: 100 }).read()).toMatchObject({ kind: 'unusable' });
    expect(await new SealedFile({ path, key, purpose: 'something else', bytesMax: 100 }).read()).toMatchObject({ kind: 'unusable' });
    const own = ownKeyOf(newPrivateKeyPem());
    expect(own.sealingKey('timetable')).toHaveLength(32);
    expect(own.sealingKey('timetable')).toEqual(own.sealingKey('timetable'));
    expect(own.sealingKey('timetable')).not.toEqual(own.sealingKey('another'));
  });

  test('larger than agreed is neither written nor read, and what was there stays', async () => {
    const { path, key, file } = aFile();
    await file.write(Buffer.alloc(10_000));
    await expect(file.write(Buffer.alloc(10_001))).rejects.toThrow('larger');
    expect(await file.read()).toMatchObject({ kind: 'opened' });
    expect(await new SealedFile({ path, key, purpose: 'timetable', bytesMax: 9_000 }).read()).toMatchObject({ kind: 'unusable' });
  });
});
