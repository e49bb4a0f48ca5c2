import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { keyRing } from './key-ring.ts';

const key = (byte: number): Secret<Uint8Array> => new Secret<Uint8Array>(new Uint8Array(32).fill(byte));

describe('a key ring', () => {
  it('opens what it sealed, for the same row only', () => {
    const ring = keyRing([key(1)]);
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (plain, row, other) => {
      const sealed = ring.seal(plain, row);
      expect(ring.open(sealed, row)?.reveal()).toBe(plain);
      if (other !== row) expect(ring.open(sealed, other)).toBeNull();
    }), { numRuns: 50 });
  });

  it('opens nothing that was changed by a single bit, cut, or sealed by a key it has not', () => {
    const ring = keyRing([key(1)]);
    const sealed = ring.seal('hunter2-hunter2', 'a row');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, ring.open(changed, 'a row')]).toEqual([bit, null]);
    }
    for (let length = 0; length < sealed.length; length += 1) expect(ring.open(sealed.subarray(0, length), 'a row')).toBeNull();
    expect(keyRing([key(2)]).open(sealed, 'a row')).toBeNull();
  });

  it('seals by its first key and goes on opening by the others', () => {
    const old = keyRing([key(1)]);
    const both = keyRing([key(2), key(1)]);
    expect(both.open(old.seal('kept', 'r'), 'r')?.reveal()).toBe('kept');
    expect(old.open(both.seal('new', 'r'), 'r')).toBeNull();
    expect(Buffer.from(both.seal('new', 'r').subarray(1, 5))).toEqual(Buffer.from(both.currentKeyId));
    expect(both.keyIds).toHaveLength(2);
  });

  it('never seals twice the same way, and shows neither keys nor what it opened', () => {
    const ring = keyRing([key(1)]);
    expect(Buffer.compare(ring.seal('same', 'r'), ring.seal('same', 'r'))).not.toBe(0);
    const opened = ring.open(ring.seal('canary', 'r'), 'r');
    for (const shown of [inspect(ring, { depth: 9 }), inspect(opened), JSON.stringify({ opened }), String(opened)]) {
      expect(shown).not.toMatch(/canary|0101/);
    }
  });

  it('is never empty', () => {
    expect(() => keyRing([])).toThrow('at least one master key');
  });
});
