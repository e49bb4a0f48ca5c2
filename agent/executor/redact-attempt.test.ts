import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactorOf } from './redact-attempt.ts';

const CANARY = 'c4n+ary/"S3cret\\~é';
const { text, bytes } = redactorOf([CANARY]);
const ofBytes = (content: string | Buffer): string => Buffer.from(bytes(Buffer.from(content))).toString('utf8');

describe('a secret that a target echoes', () => {
  it.each([
    ['as it is', CANARY],
    ['in JSON', JSON.stringify(CANARY)],
    ['in a URL', encodeURIComponent(CANARY)],
    ['in hex', Buffer.from(CANARY).toString('hex')],
    ['in capital hex', Buffer.from(CANARY).toString('hex').toUpperCase()],
    ['in base64', Buffer.from(CANARY).toString('base64').slice(0, -2)],
  ])('is redacted %s, in text and in bytes', (_how, echoed) => {
    expect(text(`you said ${echoed}, did you?`)).toMatch(/^you said "?\[redacted\].{0,3}, did you\?$/);
    expect(ofBytes(`you said ${echoed} did you?`)).not.toContain(echoed);
  });

  it('is redacted wherever it begins in a base64 text, as in AUTH PLAIN', () => {
    for (const user of ['', 'u', 'us', 'use', 'user']) {
      const sent = Buffer.from(`\0${user}\0${CANARY}\0after`).toString('base64');
      const shown = text(`AUTH PLAIN ${sent}`);
      expect(shown).toContain('[redacted]');
      expect(Buffer.from(shown.replace('AUTH PLAIN ', '').replace('[redacted]', ''), 'base64').toString('latin1')).not.toContain('ary/');
    }
  });

  it('leaves no piece of four characters where a limit cut it', () => {
    for (let length = 4; length < CANARY.length; length += 1) {
      expect(text(`it says ${CANARY.slice(0, length)}…`)).toBe('it says [redacted]…');
      expect(ofBytes(`it says ${CANARY.slice(0, length)}`)).toBe('it says [redacted]');
    }
    expect(text(CANARY.slice(5, 10))).toBe('[redacted]');
  });

  it('is found in any surroundings, and nothing else is touched', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (before, after) => {
      expect(text(`${before} ${CANARY} ${after}`)).toContain('[redacted]');
      expect(text(`${before} ${CANARY} ${after}`)).not.toContain(CANARY);
    }), { numRuns: 200 });
    expect(text('+PONG from 10.0.0.5:6379')).toBe('+PONG from 10.0.0.5:6379');
    const answer = Buffer.from('+PONG\r\n');
    expect(bytes(answer)).toBe(answer);
  });
});
