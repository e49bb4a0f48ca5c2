import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aReport, aResult } from '#shared/testing/results.ts';
import type { SpoolItem, SpoolTrouble } from './spool.ts';
import { openSpoolFile } from './sqlite-file.ts';
import { SqliteSpool } from './sqlite-spool.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sonde-spool-'));
  path = join(directory, 'spool.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a spool on disk', () => {
  it('comes back after a restart with its id and rows, as backfill, and counts on', async () => {
    const before = new SqliteSpool({ path, clock: new FakeClock() });
    const { id } = before;
    for (let n = 1; n <= 3; n += 1) before.append(anItem(n));
    before.close();
    const clock = new FakeClock();
    const after = new SqliteSpool({ path, clock });
    expect(after.id).toBe(id);
    expect(after.peek('backfill', 0, 10).map(({ item }) => item)).toEqual([1, 2, 3].map((n) => anItem(n)));
    expect(after.peek('live', 0, 10)).toEqual([]);
    expect(after.append(anItem(4))).toBe(4);
    await clock.advance(20);
    expect(after.peek('live', 0, 10).map(({ sequence }) => sequence)).toEqual([4]);
    expect(after.depth()).toBe(4);
    after.close();
  });

  it('never gives a sequence twice, even when everything was acknowledged before the restart', async () => {
    const clock = new FakeClock();
    const before = new SqliteSpool({ path, clock });
    before.append(anItem(1));
    await clock.advance(20);
    before.ackThrough('live', 1);
    before.close();
    const after = new SqliteSpool({ path, clock });
    expect(after.depth()).toBe(0);
    expect(after.append(anItem(2))).toBe(2);
    after.close();
  });

  it('does not offer a row before it is committed', async () => {
    const clock = new FakeClock();
    const spool = new SqliteSpool({ path, clock });
    spool.append(anItem(1));
    expect(spool.peek('live', 0, 10)).toEqual([]);
    expect(spool.depth()).toBe(1);
    await clock.advance(20);
    expect(spool.peek('live', 0, 10)).toHaveLength(1);
    spool.close();
  });

  it('moves aside what cannot be read, and starts anew under another id', () => {
    const before = new SqliteSpool({ path, clock: new FakeClock() });
    before.append(anItem(1));
    before.close();
    writeFileSync(path, 'not a database, but long enough to be looked at as one. '.repeat(200));
    const troubles: SpoolTrouble[] = [];
    const after = new SqliteSpool({ path, clock: new FakeClock(), onTrouble: (trouble) => troubles.push(trouble) });
    expect(after.id).not.toBe(before.id);
    expect(after.depth()).toBe(0);
    expect(troubles.map(({ kind }) => kind)).toEqual(['corrupt']);
    expect(readdirSync(directory).some((name) => name.includes('.corrupt-'))).toBe(true);
    after.close();
  });

  it('moves aside a database with a damaged page, too', () => {
    const before = new SqliteSpool({ path, clock: new FakeClock() });
    for (let n = 1; n <= 200; n += 1) before.append(anItem(n));
    before.close();
    const bytes = readFileSync(path);
    for (let page = 2; page < 20; page += 1) bytes.fill(0x5a, page * 4096, page * 4096 + 64);
    writeFileSync(path, bytes);
    const troubles: SpoolTrouble[] = [];
    const after = new SqliteSpool({ path, clock: new FakeClock(), onTrouble: (trouble) => troubles.push(trouble) });
    expect(troubles.map(({ kind }) => kind)).toEqual(['corrupt']);
    after.close();
  });

  it('skips a row that cannot be read, tells, and forgets it', async () => {
    const clock = new FakeClock();
    const before = new SqliteSpool({ path, clock });
    for (let n = 1; n <= 3; n += 1) before.append(anItem(n));
    before.close();
    const db = new DatabaseSync(path);
    db.exec("UPDATE item SET body = x'00' WHERE sequence = 2");
    db.close();
    const troubles: SpoolTrouble[] = [];
    const after = new SqliteSpool({ path, clock, onTrouble: (trouble) => troubles.push(trouble) });
    expect(after.peek('backfill', 0, 10).map(({ sequence }) => sequence)).toEqual([1, 3]);
    expect(troubles).toMatchObject([{ kind: 'unreadable', sequence: 2 }]);
    expect(after.depth()).toBe(2);
    after.close();
  });

  it('refuses a file that another agent has open, in a sentence', () => {
    const spool = new SqliteSpool({ path, clock: new FakeClock() });
    expect(() => new SqliteSpool({ path, clock: new FakeClock() })).toThrow(/in use by another agent/);
    spool.close();
  });

  it('keeps its file bounded by what it was given', async () => {
    const clock = new FakeClock();
    const spool = new SqliteSpool({ path, clock, bytesMax: 2_000_000 });
    for (let n = 1; n <= 20_000; n += 1) {
      spool.append(anItem(n, 2_000));
      if (n % 100 === 0) await clock.advance(10);
    }
    expect(statSync(path).size).toBeLessThanOrEqual(2_000_000);
    expect(spool.peek('live', 0, 100_000).at(-1)!.sequence).toBe(20_000);
    spool.close();
  });

  it('is told apart from its clone only by a new id', () => {
    const spool = new SqliteSpool({ path, clock: new FakeClock() });
    spool.append(anItem(1));
    spool.close();
    copyFileSync(path, `${path}.clone`);
    const clone = new SqliteSpool({ path: `${path}.clone`, clock: new FakeClock() });
    expect(clone.id).toBe(spool.id);
    clone.renewId();
    const renewed = clone.id;
    clone.close();
    const again = new SqliteSpool({ path: `${path}.clone`, clock: new FakeClock() });
    expect(again.id).toBe(renewed);
    expect(again.depth()).toBe(1);
    again.close();
  });

  it('survives kill −9: everything that was offered and not acknowledged is still there, and counted on from', async () => {
    let offeredAtAll = 0;
    for (let round = 0; round < 4; round += 1) {
      const { offered, acknowledged } = await runAndKill(20 + round * 45);
      const spool = new SqliteSpool({ path, clock: new FakeClock(), onTrouble: (trouble) => expect(trouble).toBeNull() });
      const there = new Set(spool.peek('backfill', 0, 1_000_000).map(({ sequence }) => sequence));
      for (let sequence = acknowledged + 1; sequence <= offered; sequence += 1) expect(there.has(sequence)).toBe(true);
      expect(spool.append(anItem(1))).toBeGreaterThan(offered);
      offeredAtAll += offered;
      spool.close();
    }
    expect(offeredAtAll).toBeGreaterThan(0);
  }, 30_000);

  it('goes on from memory on a disk that fails, and what the disk took before is still there', async () => {
    // No file may grow beyond 1 MiB (ulimit counts 512 bytes): the log cannot be written on.
    const { offered, acknowledged, output } = await runAndKill(700, 'ulimit -f 2048;');
    expect(output).toContain('trouble commit_failed');
    expect(output.lastIndexOf('offered')).toBeGreaterThan(output.indexOf('trouble'));
    const offeredBefore = Number(/offered (\d+)(?![\s\S]*offered)/.exec(output.slice(0, output.indexOf('trouble')))![1]);
    const spool = new SqliteSpool({ path, clock: new FakeClock() });
    const there = spool.peek('backfill', 0, 1_000_000).map(({ sequence }) => sequence);
    expect(there).toEqual(expect.arrayContaining(Array.from({ length: Math.max(0, offeredBefore - acknowledged) }, (_, n) => acknowledged + 1 + n)));
    expect(offered).toBeGreaterThan(offeredBefore);
    spool.close();
  }, 30_000);

  it.each([['full', 13], ['broken', 10]])('offers from memory while the disk is %s, forgets what is acknowledged, and writes the rest once it can', async (_what, errcode) => {
    const disk = { errcode: 0 };
    const { spool, clock, troubles } = aSpoolOn(disk);
    spool.append(anItem(1));
    await clock.advance(20);
    disk.errcode = errcode;
    let ready = 0;
    spool.onReady(() => { ready += 1; });
    for (let n = 2; n <= 4; n += 1) spool.append(anItem(n));
    await clock.advance(20);
    expect(ready).toBeGreaterThan(0);
    expect(spool.peek('live', 0, 10).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    spool.ackThrough('live', 3);
    expect(spool.peek('live', 3, 10).map(({ sequence }) => sequence)).toEqual([4]);
    // What was acknowledged, and is in a file that nobody can write, may be seen again; what was in memory alone is gone.
    expect(spool.peek('live', 0, 10).map(({ sequence }) => sequence)).toEqual([1, 4]);
    disk.errcode = 0;
    await clock.advance(600);
    expect(troubles.at(-1)).toEqual({ kind: 'recovered' });
    expect(spool.peek('live', 0, 10).map(({ sequence }) => sequence)).toEqual([4]);
    spool.close();
    const after = new SqliteSpool({ path, clock });
    expect(after.peek('backfill', 0, 10).map(({ sequence }) => sequence)).toEqual([4]);
    expect(after.append(anItem(5))).toBe(5);
    after.close();
  });

  it('keeps what has no room, neither on a full disk nor in memory, as gaps: every run stays accounted for', async () => {
    const disk = { errcode: 13 };
    const { spool, clock } = aSpoolOn(disk);
    const count = 12_000;
    for (let n = 1; n <= count; n += 1) spool.append(anItem(n, 2_000));
    await clock.advance(20);
    const rows = spool.peek('live', 0, 100_000);
    expect(rows.map(({ item }) => (item.kind === 'gap' ? item.gap : item.result).dueAtMs)).toEqual(Array.from({ length: count }, (_, n) => n + 1));
    expect(rows[0]!.item).toMatchObject({ kind: 'gap', gap: { reason: 'disk_error' } });
    expect(rows.at(-1)!.item.kind).toBe('result');
    disk.errcode = 0;
    await clock.advance(600);
    expect(spool.peek('live', 0, 100_000)).toHaveLength(count);
    spool.close();
  });

  it('drops nothing from a full disk on which dropping did not make room, either', async () => {
    const disk = { errcode: 0 };
    const { spool, clock, troubles } = aSpoolOn(disk);
    for (let n = 1; n <= 50; n += 1) spool.append(anItem(n));
    await clock.advance(20);
    disk.errcode = 13;
    spool.append(anItem(51));
    await clock.advance(5_000);
    expect(troubles.map(({ kind }) => kind)).not.toContain('overflow');
    disk.errcode = 0;
    await clock.advance(600);
    expect(spool.peek('live', 0, 100).every(({ item }) => item.kind === 'result')).toBe(true);
    spool.close();
  });
});

/** On a disk that takes no commit while it has an error code of SQLite's. */
function aSpoolOn(disk: { readonly errcode: number }) {
  const troubles: SpoolTrouble[] = [];
  const clock = new FakeClock();
  const spool = new SqliteSpool({
    path, clock, onTrouble: (trouble) => troubles.push(trouble),
    open: (at, options) => {
      const file = openSpoolFile(at, options);
      const exec = file.db.exec.bind(file.db);
      file.db.exec = (sql) => {
        if (sql === 'COMMIT' && disk.errcode !== 0) throw Object.assign(new Error('the disk does not obey'), { errcode: disk.errcode });
        exec(sql);
      };
      return file;
    },
  });
  return { spool, clock, troubles };
}

/** A process that appends, offers and acknowledges as fast as it can, killed some ms after its first words. */
async function runAndKill(afterMs: number, limits = ''): Promise<{ offered: number; acknowledged: number; output: string }> {
  const command = [process.execPath, '--no-warnings', join(import.meta.dirname, 'testing', 'busy-spool.ts'), path];
  const child = spawn('sh', ['-c', `${limits} exec "$@"`, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    output += text;
  });
  await new Promise((resolve) => child.once('close', resolve));
  expect(child.signalCode).toBe('SIGKILL');
  const last = (word: string): number => Number(output.slice(0, output.lastIndexOf('\n')).match(new RegExp(`${word} (\\d+)(?![\\s\\S]*${word})`))?.[1] ?? 0);
  return { offered: last('offered'), acknowledged: last('acknowledging'), output };
}

function anItem(n: number, bytes = 7): SpoolItem {
  return { kind: 'result', result: aResult({ runId: `run-${n}`, dueAtMs: n, report: aReport({ response: new Uint8Array(bytes) }) }) };
}
