import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPossibleKey, isWellFormed, maskToken, mintToken, tokenHasher } from './keys.ts';

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kinds = fc.constantFrom('account' as const, 'location' as const);

describe('a token', () => {
  it('is a prefix, 43 characters of secret and 6 of checksum', () => {
    expect(mintToken('account', randomBytes)).toMatch(/^sk_[0-9A-Za-z]{49}$/);
    expect(mintToken('location', randomBytes)).toMatch(/^pl_[0-9A-Za-z]{49}$/);
  });

  it('is well formed as minted, from the least secret to the greatest', () => {
    fc.assert(fc.property(kinds, secrets, (kind, secret) => isWellFormed(mintToken(kind, () => secret))), {
      examples: [['account', new Uint8Array(32)], ['account', new Uint8Array(32).fill(255)]],
    });
  });

  it('is not well formed with any one character changed', () => {
    fc.assert(fc.property(secrets, fc.nat({ max: 51 }), fc.constantFrom(...'0Az!_ '), (secret, at, other) => {
      const token = mintToken('account', () => secret);
      fc.pre(token[at] !== other);
      return !isWellFormed(token.slice(0, at) + other + token.slice(at + 1));
    }));
  });

  it('differs for different secrets', () => {
    fc.assert(fc.property(secrets, secrets, (one, other) => {
      fc.pre(Buffer.compare(one, other) !== 0);
      return mintToken('account', () => one) !== mintToken('account', () => other);
    }));
  });

  it('is refused fewer than 32 random bytes', () => {
    expect(() => mintToken('account', () => new Uint8Array(16))).toThrow('32 random bytes');
  });

  it('shows its prefix and last four characters alone', () => {
    const token = mintToken('account', randomBytes);
    expect(maskToken(token)).toBe(`sk_...${token.slice(-4)}`);
    expect(maskToken('chosen-by-the-operator')).toBe('...ator');
    expect(maskToken('short')).toBe('...');
  });
});

describe('a key worth looking up', () => {
  it('is a well-formed token or one that an operator may have chosen', () => {
    const token = mintToken('account', randomBytes);
    const typo = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    expect([token, 'sixteen-chars-ok', 'fifteen-chars-x', typo, 'x'.repeat(513)].map(isPossibleKey)).toEqual([true, true, false, false, false]);
  });
});

describe('the hash of a token', () => {
  it('depends on the token and on the master key, and is 32 bytes', () => {
    const hash = tokenHasher(Buffer.from('one master key'));
    expect(hash('sk_a')).toHaveLength(32);
    expect(hash('sk_a')).toEqual(hash('sk_a'));
    expect(hash('sk_a')).not.toEqual(hash('sk_b'));
    expect(tokenHasher(Buffer.from('another'))('sk_a')).not.toEqual(hash('sk_a'));
  });
});
