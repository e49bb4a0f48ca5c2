import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BoundedLog } from './bounded-log.ts';

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'sonde-log-')); });
afterEach(() => rmSync(dir, { recursive: true }));

describe('a bounded log', () => {
  it('keeps one full file beside the current one, however much is written', () => {
    const log = new BoundedLog(join(dir, 'logs', 'a.log'), 10);
    for (const line of ['one 4\n', 'two 4\n', 'three\n', 'four\n']) log.write(Buffer.from(line));
    log.close();
    expect(readdirSync(join(dir, 'logs')).sort()).toEqual(['a.log', 'a.log.1']);
    expect(readFileSync(log.path, 'utf8')).toBe('four\n');
    expect(readFileSync(`${log.path}.1`, 'utf8')).toBe('three\n');
  });

  it('goes on where an earlier process ended', () => {
    const path = join(dir, 'b.log');
    for (const line of ['first\n', 'second\n']) {
      const log = new BoundedLog(path, 100);
      log.write(Buffer.from(line));
      log.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n');
  });
});
