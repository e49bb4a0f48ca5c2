import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { aGap, aReport, aResult } from '#shared/testing/results.ts';
import { MemorySpool } from './memory-spool.ts';
import type { Spool, SpoolItem, SpoolRow, SpoolTrouble } from './spool.ts';
import { SqliteSpool } from './sqlite-spool.ts';

type Making = { clock: FakeClock; bytesMax?: number; onTrouble?: (trouble: SpoolTrouble) => void };

const directory = mkdtempSync(join(tmpdir(), 'sonde-spool-'));
let files = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each<[string, (making: Making) => Spool]>([
  ['memory', (making) => new MemorySpool(making)],
  ['sqlite', (making) => new SqliteSpool({ ...making, path: join(directory, `${files++}.db`) })],
])('a spool in %s', (_, make) => {
  it('offers what was appended, in order, once it is kept, and says so', async () => {
    const { spool, clock } = aSpool();
    let ready = 0;
    spool.onReady(() => { ready += 1; });
    const sequences = [spool.append(result(1)), spool.append(gap(2)), spool.append(result(3))];
    await clock.advance(20);
    expect(ready).toBeGreaterThan(0);
    expect(spool.peek('live', 0, 10).map(({ sequence }) => sequence)).toEqual(sequences);
    expect(spool.peek('live', 0, 10).map(due)).toEqual([1, 2, 3]);
    expect(spool.peek('live', sequences[0]!, 1).map(due)).toEqual([2]);
    expect(spool.peek('backfill', 0, 10)).toEqual([]);
    expect(spool.depth()).toBe(3);
    spool.close();
  });

  it('forgets what is acknowledged, and nothing else', async () => {
    const { spool, clock } = aSpool();
    for (let n = 1; n <= 5; n += 1) spool.append(result(n));
    await clock.advance(20);
    spool.ackThrough('live', spool.peek('live', 0, 3).at(-1)!.sequence);
    expect(spool.peek('live', 0, 10).map(due)).toEqual([4, 5]);
    expect(spool.depth()).toBe(2);
    await clock.advance(100);
    expect(spool.peek('live', 0, 10).map(due)).toEqual([4, 5]);
    spool.close();
  });

  it('moves what has waited for a minute to backfill, where a live acknowledgement does not reach it', async () => {
    const { spool, clock } = aSpool();
    spool.append(result(1));
    await clock.advance(61_000);
    spool.append(result(2));
    await clock.advance(20);
    expect(spool.peek('backfill', 0, 10).map(due)).toEqual([1]);
    expect(spool.peek('live', 0, 10).map(due)).toEqual([2]);
    spool.ackThrough('live', spool.peek('live', 0, 10).at(-1)!.sequence);
    expect(spool.depth()).toBe(1);
    spool.ackThrough('backfill', spool.peek('backfill', 0, 10).at(-1)!.sequence);
    expect(spool.depth()).toBe(0);
    spool.close();
  });

  it('knows the age of the oldest item', async () => {
    const { spool, clock } = aSpool();
    expect(spool.oldestAgeMs(clock.nowMs())).toBe(0);
    spool.append(result(1));
    await clock.advance(5_000);
    spool.append(result(2));
    expect(spool.oldestAgeMs(clock.nowMs())).toBeGreaterThanOrEqual(4_999);
    expect(spool.oldestAgeMs(clock.nowMs() - 60_000)).toBe(0);
    spool.close();
  });

  it('never offers what it forgot, never forgets what it was not told to, in whatever order things happen', async () => {
    const anEvent = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 10, 500, 20_000, 61_000) }),
      fc.record({ kind: fc.constant('deliver' as const), lane: fc.constantFrom('live' as const, 'backfill' as const), max: fc.integer({ min: 1, max: 6 }) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(anEvent, { maxLength: 25 }), async (events) => {
      const { spool, clock } = aSpool();
      const delivered = new Set<number>();
      let appended = 0;
      for (const event of events) {
        if (event.kind === 'append') for (let n = 0; n < event.count; n += 1) spool.append(result(++appended));
        else if (event.kind === 'pass') await clock.advance(event.ms);
        else {
          const rows = spool.peek(event.lane, 0, event.max);
          for (const row of rows) {
            expect(delivered.has(due(row))).toBe(false);
            delivered.add(due(row));
          }
          if (rows.length > 0) spool.ackThrough(event.lane, rows.at(-1)!.sequence);
        }
      }
      await clock.advance(20);
      const left = [...spool.peek('backfill', 0, 1_000), ...spool.peek('live', 0, 1_000)].map(due);
      expect([...delivered, ...left].sort((a, b) => a - b)).toEqual(Array.from({ length: appended }, (_, n) => n + 1));
      expect(spool.depth()).toBe(left.length);
      spool.close();
    }), { numRuns: 40 });
  });

  it('makes room by turning the oldest successes into gaps: every run stays accounted for', async () => {
    const troubles: SpoolTrouble[] = [];
    const { spool, clock } = aSpool({ bytesMax: 1_000_000, onTrouble: (trouble) => troubles.push(trouble) });
    const failing = 40;
    for (let n = 1; n <= 900; n += 1) {
      spool.append(result(n, n <= failing ? 'failed' : 'passed', 1_000));
      if (n % 50 === 0) await clock.advance(20);
    }
    const rows = spool.peek('live', 0, 2_000);
    expect(rows.map(due)).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
    expect(rows.slice(0, failing).every(({ item }) => item.kind === 'result')).toBe(true);
    expect(rows[failing]!.item).toMatchObject({ kind: 'gap', gap: { reason: 'spool_overflow', runId: `run-${failing + 1}` } });
    expect(rows.at(-1)!.item.kind).toBe('result');
    expect(troubles.some(({ kind }) => kind === 'overflow')).toBe(true);
    spool.close();
  });

  it('stays bounded when there are no successes left to drop', async () => {
    const { spool, clock } = aSpool({ bytesMax: 200_000 });
    for (let n = 1; n <= 3_000; n += 1) {
      spool.append(n % 2 === 0 ? gap(n) : result(n, 'failed', 2_000));
      if (n % 50 === 0) await clock.advance(20);
    }
    expect(spool.depth()).toBeLessThan(1_500);
    expect(due(spool.peek('live', 0, 2_000).at(-1)!)).toBe(3_000);
    spool.close();
  });

  it('takes a new id when another agent has the same one', () => {
    const { spool } = aSpool();
    const before = spool.id;
    spool.renewId();
    expect(spool.id).not.toBe(before);
    expect(spool.id).toMatch(/^[0-9a-f-]{36}$/);
    spool.close();
  });

  function aSpool(making: Omit<Making, 'clock'> = {}) {
    const clock = new FakeClock();
    return { clock, spool: make({ clock, ...making }) };
  }
});

/** `dueAtMs` tells items apart. */
function due({ item }: SpoolRow): number {
  return item.kind === 'gap' ? item.gap.dueAtMs : item.result.dueAtMs;
}

function result(dueAtMs: number, outcome: 'passed' | 'failed' = 'passed', bytes = 7): SpoolItem {
  return { kind: 'result', result: aResult({ runId: `run-${dueAtMs}`, dueAtMs, outcome, report: aReport({ response: new Uint8Array(bytes) }) }) };
}

function gap(dueAtMs: number): SpoolItem {
  return { kind: 'gap', gap: aGap({ runId: `run-${dueAtMs}`, dueAtMs }) };
}
