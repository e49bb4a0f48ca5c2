import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDir } from './data-dir.ts';
import { lockForUp } from './up-lock.ts';

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'sonde-lock-')); });
afterEach(() => rmSync(dir, { recursive: true }));

describe('the lock of a data directory', () => {
  it('lets in one at a time, and names who is in', () => {
    const lock = lockForUp(dir);
    expect(() => lockForUp(dir)).toThrow(`the data directory ${dir} is in use by another \`sonde up\` (process ${process.pid})`);
    lock.release();
    lockForUp(dir).release();
  });

  it('of a process that was killed is free at once', async () => {
    const file = new URL('./up-lock.ts', import.meta.url).href;
    const script = `import { lockForUp } from ${JSON.stringify(file)}; lockForUp(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      expect(() => lockForUp(dir)).toThrow(`(process ${holder.pid})`);
    } finally {
      const gone = once(holder, 'exit');
      holder.kill('SIGKILL');
      await gone;
    }
    lockForUp(dir).release();
  });
});

describe('a data directory', () => {
  it('is made, and answered with its real path', () => {
    expect(openDataDir(join(dir, 'a', 'b'))).toBe(join(dir, 'a', 'b'));
  });

  it('that is no directory is refused in a sentence', () => {
    expect(() => openDataDir('/dev/null/x')).toThrow('the data directory /dev/null/x cannot be written: a part of the path is not a directory. Choose another one with SONDE_DATA_DIR.');
    expect(() => openDataDir('/dev/null')).toThrow('the data directory /dev/null cannot be written: a part of the path is not a directory');
  });
});
