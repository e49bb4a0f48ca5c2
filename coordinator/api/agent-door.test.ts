import { describe, expect, test } from 'vitest';
import { newAuthority } from '#shared/certificate/authority.ts';
import { authorityOf } from './agent-door.ts';

const DAY_MS = 86_400_000;
const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS };

describe('whose certificate agents are shown', () => {
  const authority = newAuthority('our own authority', validity);
  const { cert } = authority.issue({ commonName: 'sonde', altNames: ['sonde.example'], ...validity });

  test('one by an authority of our own has to be given to the agents', () => {
    expect(authorityOf(cert)).toBe('own');
    expect(authorityOf('no certificate')).toBe('own');
  });

  test('one by an authority that Node knows needs nothing, also with its chain behind it', () => {
    expect(authorityOf(cert, [authority.ca])).toBe('known');
    expect(authorityOf(`${cert}\n${authority.ca}`, [authority.ca])).toBe('known');
  });
});
