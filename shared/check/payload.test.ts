import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DataFormat } from './check.ts';
import { decodePayload } from './payload.ts';

function decoded(data: string, format: DataFormat): string {
  const payload = decodePayload(data, format);
  return payload.ok ? Buffer.from(payload.bytes).toString('hex') : payload.problem;
}

describe('a payload', () => {
  test.each([
    ['text', 'é\\n', 'c3a95c6e'],
    ['escaped', 'PING\\r\\n', '50494e470d0a'],
    ['escaped', '\\x00\\xff\\t\\0\\\\é\\u00e9', '00ff09005cc3a9c3a9'],
    ['escaped', '\\ud83d\\ude00', 'f09f9880'],
    ['hex', '00 08:04d2\n16 2F', '000804d2162f'],
    ['base64', 'AAECAw==', '00010203'],
    ['base64', '', ''],
  ] as const)('%s %j is exactly %s', (format, data, hex) => {
    expect(decoded(data, format)).toBe(hex);
  });

  test.each([
    ['escaped', 'ab\\q', /unknown escape \\q at position 3/],
    ['escaped', 'a\\', /single \\ at the end \(position 2\)/],
    ['escaped', '\\x0', /\\x at position 1 needs two/],
    ['escaped', '\\u12', /\\u at position 1 needs four/],
    ['escaped', '\\ud83d', /half a surrogate pair/],
    ['escaped', '\\ud83d\\r', /half a surrogate pair/],
    ['text', '\ud83d', /half a surrogate pair/],
    ['hex', '0g', /digit at position 1 has no second one/],
    ['hex', '00 z', /"z" at position 4/],
    ['hex', '000', /position 3 has no second one/],
    ['base64', 'AAECAw', /not base64/],
    ['base64', 'AAECAx==', /not base64/],
    ['base64', 'AA-_', /"-" at position 3/],
  ] as const)('%s %j is refused', (format, data, problem) => {
    expect(decoded(data, format)).toMatch(problem);
  });

  test('any bytes survive hex, base64 and escapes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      const hex = buffer.toString('hex');
      expect(decoded(hex, 'hex')).toBe(hex);
      expect(decoded(buffer.toString('base64'), 'base64')).toBe(hex);
      expect(decoded(hex.replace(/../g, '\\x$&'), 'escaped')).toBe(hex);
    }));
  });
});
