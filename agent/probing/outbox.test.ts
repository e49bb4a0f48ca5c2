import { describe, expect, test } from 'vitest';
import { aReport, aResult } from '#shared/testing/results.ts';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import type { Row } from './messages.ts';
import { Outbox } from './outbox.ts';

function anOutbox(roomBytes?: number) {
  const clock = new FakeClock();
  const posts: { readonly rows: readonly Row[]; readonly bytes: number; readonly transfer: readonly ArrayBuffer[] }[] = [];
  const outbox = new Outbox({ clock, ...(roomBytes === undefined ? {} : { roomBytes }), post: (rows, bytes, transfer) => posts.push({ rows, bytes, transfer }) });
  return { outbox, clock, posts };
}

const aGap = (dueAtMs: number) => ({ checkId: 'check', accountId: 'account', dueAtMs, reason: 'overloaded' as const });

describe('an outbox', () => {
  test('posts in order, together what came within five milliseconds', async () => {
    const { outbox, clock, posts } = anOutbox();
    outbox.addResult(aResult({ dueAtMs: 1 }));
    await clock.advance(4);
    outbox.addGap(aGap(2));
    expect(posts).toEqual([]);
    await clock.advance(1);
    outbox.addGap(aGap(3));
    await clock.advance(5);
    expect(posts.map(({ rows }) => rows.map((row) => (row.kind === 'gap' ? row.missed : row.result).dueAtMs))).toEqual([[1, 2], [3]]);
  });

  test('posts 64 rows at once, and what is left when it is flushed, and leaves no timer behind', () => {
    const { outbox, clock, posts } = anOutbox();
    for (let dueAtMs = 0; dueAtMs < 100; dueAtMs += 1) outbox.addGap(aGap(dueAtMs));
    outbox.flush();
    outbox.flush();
    expect(posts.map(({ rows }) => rows.length)).toEqual([64, 36]);
    expect(clock.pending).toBe(0);
  });

  test('has room again when what was posted is taken, whatever was posted meanwhile', () => {
    const { outbox, posts } = anOutbox(10_000);
    const large = (): void => outbox.addResult(aResult({ report: aReport({ response: new Uint8Array(6_000) }) }));
    large();
    expect(outbox.hasRoom).toBe(true);
    large();
    expect(outbox.hasRoom).toBe(false);
    outbox.flush();
    expect(outbox.hasRoom).toBe(false);
    outbox.taken(posts[0]!.bytes);
    expect(outbox.hasRoom).toBe(true);
  });

  test('hands over the memory of large answers, copies small ones out of their pool, and never the same memory twice', () => {
    const { outbox, posts } = anOutbox();
    const large = new Uint8Array(10_000).fill(7);
    const pooled = Buffer.from('+PONG\r\n');
    expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.byteLength);
    for (const response of [large, large, pooled, large.subarray(10)]) outbox.addResult(aResult({ report: aReport({ response }) }));
    outbox.flush();
    const [{ rows, transfer }] = posts as [(typeof posts)[0]];
    expect(transfer).toHaveLength(2);
    expect(transfer[0]).toBe(large.buffer);
    const told = structuredClone(rows, { transfer: [...transfer] }).map((row) => (row.kind === 'result' ? row.result.report.response : null)!);
    expect(told.map(({ byteLength }) => byteLength)).toEqual([10_000, 10_000, 7, 9_990]);
    expect(Buffer.from(told[2]!).toString()).toBe('+PONG\r\n');
    expect(told[2]!.buffer.byteLength).toBe(7);
    expect(told[3]!.every((byte) => byte === 7)).toBe(true);
  });
});
