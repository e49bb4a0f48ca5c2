import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload } from '#shared/check/payload.ts';
import { escapedBytes, receivedLines } from './received-bytes.ts';

const nasty = Buffer.from('a\tb\u001b[2J\r\nü\n', 'utf8');

describe('what was received', () => {
  it('is one line with escapes', () => {
    expect(receivedLines(nasty, 'escaped')).toEqual(['  a\\tb\\x1b[2J\\r\\nü\\n']);
    expect(receivedLines(Buffer.from([0x00, 0x41, 0xff, 0x5c]), 'escaped')).toEqual(['  \\x00A\\xff\\\\']);
    expect(receivedLines(Buffer.alloc(1_000, 'x'), 'escaped')[0]).toHaveLength(302);
  });

  it('raw keeps its lines and tabs, and nothing else that moves the cursor', () => {
    expect(receivedLines(nasty, 'raw')).toEqual(['  a\tb\\x1b[2J', '  ü']);
  });

  it('as hex is every byte beside its text', () => {
    expect(receivedLines(Buffer.from('0123456789abcdef\u0000', 'latin1'), 'hex')).toEqual([
      '  000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
      `  000010  00${' '.repeat(45)}  .`,
    ]);
  });

  it('of nothing is nothing', () => {
    expect((['escaped', 'raw', 'hex'] as const).map((view) => receivedLines(new Uint8Array(), view))).toEqual([[], [], []]);
  });

  it('never has a control character in it', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom('escaped', 'raw', 'hex'), (bytes, view) => {
      // oxlint-disable-next-line no-control-regex
      expect(receivedLines(bytes, view).join('')).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
    }));
  });

  it('that is no text is escaped so that it can be sent again', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const shown = escapedBytes(bytes);
      if (Buffer.from(bytes).toString('utf8').includes('\uFFFD') && !/\uFFFD/.test(shown)) {
        expect(decodePayload(shown, 'escaped')).toEqual({ ok: true, bytes: Buffer.from(bytes) });
      }
    }));
  });
});
