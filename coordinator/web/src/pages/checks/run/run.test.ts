import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload } from '#shared/check/payload.ts';
import type { ResultWire } from '../wire.ts';
import { bytesOf, escapedText, hexRows, visibleText } from './bytes.ts';
import { failureSentence } from './failure-sentence.ts';
import { waterfall } from './phases.ts';

describe('bytes of a stranger', () => {
  it('are told in the raw view exactly: read as escaped data they are the same bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const decoded = decodePayload(escapedText(bytes).replaceAll('\n', ''), 'escaped');
      expect(decoded.ok && Buffer.from(decoded.bytes).equals(Buffer.from(bytes))).toBe(true);
    }));
  });

  it('are never shown as control, bidirectional or hidden characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visibleText(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/);
    }));
    expect(visibleText('\u001b[31mred\u0000\u202egnp')).toBe('<1b>[31mred<00><U+202E>gnp');
  });

  it('are lines of sixteen in the hex view, as many as are asked for', () => {
    expect(hexRows(Buffer.from('220 mail ready\r\nx'), 9)).toEqual(['000000  32 32 30 20 6d 61 69 6c  20 72 65 61 64 79 0d 0a  220 mail ready··', `000010  78${' '.repeat(47)} x`]);
    expect(hexRows(new Uint8Array(65_536), 64)).toHaveLength(64);
  });

  it('come from the exact form where text cannot hold them', () => {
    expect([...bytesOf({ text: '\ufffd', base64: '/w==' })]).toEqual([0xff]);
    expect([...bytesOf({ text: 'é' })]).toEqual([0xc3, 0xa9]);
  });
});

const TIMINGS = { dns: 1_500, connect: 2_000, tls: 0, send: 0, firstByte: 500, data: 0, total: 4_000, idle: 250_000 };

describe('what a run says', () => {
  it('lays the phases one after the other and leaves out those that did not happen', () => {
    expect(waterfall(TIMINGS).map(({ key, fromUs, us }) => [key, fromUs, us])).toEqual([['dns', 0, 1_500], ['connect', 1_500, 2_000], ['firstByte', 3_500, 500]]);
  });

  it('names the step that failed, why, and what was there until then', () => {
    const seen = { established: true, resolvedAddress: '192.0.2.7', timings: TIMINGS, bytesReceived: 12, tls: null, outcome: 'failed', error: { phase: 'read', code: 'SOCKET_TIMEOUT', message: 'no answer within the time limit' } } as unknown as ResultWire['tcpCheckResult'];
    expect(failureSentence(seen)).toBe('Reading the answer failed: no answer within the time limit; until then: connected to 192.0.2.7 in 2.00 ms, and 12 bytes had been received.');
    expect(failureSentence({ ...seen, established: false, error: { phase: 'connect', code: 'ECONNREFUSED', message: 'refused.' } })).toBe('Connecting failed: refused; it ended after 4.00 ms, without a connection to 192.0.2.7.');
    expect(failureSentence({ ...seen, error: null, outcome: 'passed' })).toBeNull();
  });
});
