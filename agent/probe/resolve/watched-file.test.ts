import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { WatchedFile, systemFiles, type FileReader } from './watched-file.ts';

describe('a watched file', () => {
  it('is looked at once a second and read only when it has changed', async () => {
    const clock = new FakeClock();
    let [stamps, reads, stamp] = [0, 0, '1'];
    const files: FileReader = { stamp: () => { stamps += 1; return stamp; }, read: () => { reads += 1; return stamp; } };
    const file = new WatchedFile({ path: 'f', files, clock, parse: (text) => text });
    expect([file.current(), file.current(), stamps, reads]).toEqual(['1', '1', 1, 1]);
    await clock.advance(1000);
    expect([file.current(), stamps, reads]).toEqual(['1', 2, 1]);
    stamp = '2';
    await clock.advance(999);
    expect(file.current()).toBe('1');
    await clock.advance(1);
    expect([file.current(), reads]).toEqual(['2', 2]);
  });

  it('keeps its last content while it cannot be read, and tries again', async () => {
    const clock = new FakeClock();
    let isBroken = false;
    const files: FileReader = { stamp: () => (isBroken ? '2' : '1'), read: () => { if (isBroken) throw new Error('EIO'); return 'good'; } };
    const file = new WatchedFile({ path: 'f', files, clock, parse: (text) => text });
    expect(file.current()).toBe('good');
    isBroken = true;
    await clock.advance(1000);
    expect(file.current()).toBe('good');
  });

  it('is followed on a real disk when it is replaced, and empty when it is gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watched-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'hosts');
    const clock = new FakeClock();
    const file = new WatchedFile({ path, files: systemFiles, clock, parse: (text) => text });
    expect(file.current()).toBe('');
    writeFileSync(`${path}.new`, 'one');
    renameSync(`${path}.new`, path);
    await clock.advance(1000);
    expect(file.current()).toBe('one');
    rmSync(path);
    await clock.advance(1000);
    expect(file.current()).toBe('');
  });
});
