import fc from 'fast-check';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { aReport } from '#shared/testing/a-report.ts';
import { formatUs, spansOf, waterfallLines } from './waterfall.ts';

const plain = picocolors.createColors(false);
const timings = { dnsUs: 1_500, connectUs: 3_000, tlsUs: 2_000, sendUs: 100, firstByteUs: 1_000, dataUs: 400, totalUs: 8_000, idleUs: 250_000 };

describe('the waterfall', () => {
  it('has a bar for each phase, each beginning where the one before ended', () => {
    expect(waterfallLines(spansOf({ timings, steps: [] }, { tls: null, sendAfter: 'connect' }), timings, plain)).toMatchInlineSnapshot(`
      [
        "  dns                1,500 µs  ████████",
        "  connect            3,000 µs         ████████████████",
        "  tls                2,000 µs                        ███████████",
        "  send                 100 µs                                  █",
        "  first byte         1,000 µs                                   █████",
        "  data                 400 µs                                        ██",
        "  total              8,000 µs",
        "  idle             250,000 µs  waits that found the end of an answer, not in the total",
      ]
    `);
  });

  it('puts the banner before what was sent after it', () => {
    expect(spansOf({ timings, steps: [] }, { tls: null, sendAfter: 'banner' }).map(({ label }) => label)).toEqual(['dns', 'connect', 'tls', 'first byte', 'send', 'data']);
  });

  it('has a bar for each step of a dialogue, because sending and reading alternate', () => {
    const steps = [{ kind: 'expect', us: 1_000 }, { kind: 'send', us: 100 }, { kind: 'startTls', us: 2_000 }].map((step) => ({ ...step, ok: true, detail: '' })) as ReturnType<typeof aReport>['steps'];
    const lines = waterfallLines(spansOf({ timings, steps }, { tls: { mode: 'none' } as never, sendAfter: 'connect' }), timings, plain);
    expect(lines).toMatchInlineSnapshot(`
      [
        "  dns                1,500 µs  ████████",
        "  connect            3,000 µs         ████████████████",
        "  1 expect           1,000 µs                        ██████",
        "  2 send               100 µs                             █",
        "  3 startTls         2,000 µs                              ██████████",
        "  answer               400 µs                                        ██",
        "  total              8,000 µs",
        "  idle             250,000 µs  waits that found the end of an answer, not in the total",
      ]
    `);
  });

  it('counts TLS from the start once, before the steps', () => {
    const steps = [{ kind: 'expect', us: 1_500, ok: true, detail: '' }] as const;
    const spans = spansOf({ timings, steps }, { tls: { mode: 'implicit' } as never, sendAfter: 'connect' });
    expect(spans.map(({ label, us }) => [label, us])).toEqual([['dns', 1_500], ['connect', 3_000], ['tls', 2_000], ['1 expect', 1_500]]);
  });

  it('is never wider than its bars, and what took any time has a mark', () => {
    const us = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(fc.property(us, us, us, us, us, us, (dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs) => {
      const totalUs = dnsUs + connectUs + tlsUs + sendUs + firstByteUs + dataUs;
      const all = { dnsUs, connectUs, tlsUs, sendUs, firstByteUs, dataUs, totalUs, idleUs: 0 };
      const spans = spansOf({ timings: all, steps: [] }, { tls: null, sendAfter: 'connect' });
      const lines = waterfallLines(spans, all, plain);
      expect(spans.reduce((sum, span) => sum + span.us, 0)).toBe(totalUs);
      spans.forEach((span, index) => expect(lines[index]?.includes('█')).toBe(span.us > 0));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(31 + 40);
    }));
  });

  it('writes µs in groups of three', () => {
    expect([0, 999, 1_000, 45_000_000].map(formatUs)).toEqual(['0 µs', '999 µs', '1,000 µs', '45,000,000 µs']);
  });
});
