import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { aGap, aReport, aResult } from '#shared/testing/results.ts';
import { decodeItem, encodeItem } from './codec.ts';

describe('a spooled item', () => {
  it.each([0, 1, 7, 65_536])('comes back with exactly its %i bytes of answer', (bytes) => {
    const item = { kind: 'result' as const, result: aResult({ startedAtMs: 1_767_225_600_003.25, report: aReport({ response: new Uint8Array(randomBytes(bytes)) }) }) };
    expect(decodeItem(encodeItem(item))).toEqual(item);
  });

  it('comes back with text of any kind', () => {
    const item = { kind: 'result' as const, result: aResult({ outcome: 'failed', failure: { phase: 'read', code: 'ECONNRESET', message: 'naïve \u0000 "quoted" 日本 \ud83d' } }) };
    expect(decodeItem(encodeItem(item))).toEqual({ ...item, result: { ...item.result, report: { ...item.result.report, response: new Uint8Array(item.result.report.response) } } });
  });

  it('comes back as the gap it was', () => {
    const item = { kind: 'gap' as const, gap: aGap({ reason: 'clock_jump' }) };
    expect(decodeItem(encodeItem(item))).toEqual(item);
  });

  it('is refused when it was cut off, or is something else', () => {
    const blob = encodeItem({ kind: 'gap', gap: aGap() });
    expect(() => decodeItem(blob.subarray(0, blob.length - 1))).toThrow(/cut off/);
    expect(() => decodeItem(new Uint8Array([9, 9, 9, 9, 9, 9]))).toThrow(/version/);
    expect(() => decodeItem(new Uint8Array())).toThrow();
  });
});
