import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptApiKey, keptMasterKey, keptSecret, MASTER_KEY_FILE } from './kept-secret.ts';

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'sonde-kept-')); });
afterEach(() => rmSync(dir, { recursive: true }));

describe('a kept secret', () => {
  it('is made once, for its owner alone, and found again', async () => {
    const first = await keptApiKey(join(dir, 'new'));
    expect(first.reveal()).toMatch(/^sk_/);
    expect((await keptApiKey(join(dir, 'new'))).reveal()).toBe(first.reveal());
    expect(statSync(join(dir, 'new', 'api-key')).mode & 0o777).toBe(0o600);
  });

  it('is the same for all who ask at once, and leaves no other file', async () => {
    let made = 0;
    const all = await Promise.all(Array.from({ length: 20 }, () => keptSecret(dir, 'one', () => `secret-${made += 1}`)));
    expect(new Set(all).size).toBe(1);
    expect(readdirSync(dir)).toEqual(['one']);
  });

  it('that was damaged is not replaced but told', async () => {
    writeFileSync(join(dir, MASTER_KEY_FILE), 'abc');
    await expect(keptMasterKey(dir)).rejects.toThrow('does not hold 64 hexadecimal digits');
    writeFileSync(join(dir, MASTER_KEY_FILE), '');
    await expect(keptMasterKey(dir)).rejects.toThrow('is empty');
  });
});
