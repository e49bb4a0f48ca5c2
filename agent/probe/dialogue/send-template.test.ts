import { describe, expect, it } from 'vitest';
import { SEND_BYTES_MAX, compileSend, fillTemplate } from './send-template.ts';

function fill(data: string, format: 'text' | 'escaped' | 'hex' | 'base64', captures: Record<string, string>, names = Object.keys(captures)): string {
  const compiled = compileSend(data, format, new Set(names));
  if (!compiled.ok) throw new Error(compiled.problem);
  const bytes = new Map(Object.entries(captures).map(([name, text]) => [name, Buffer.from(text, 'latin1')] as const));
  return Buffer.from(fillTemplate(compiled.template, bytes)).toString('latin1');
}

describe('what a send step sends', () => {
  it.each([
    ['text', 'AUTH ${salt}\\n', 'AUTH \x00\\n'],
    ['escaped', 'AUTH ${salt}\\r\\n', 'AUTH \x00\r\n'],
    ['hex', '01 ${salt} ff', '\x01\x00\xff'],
    ['base64', 'AQ==${salt}/w==', '\x01\x00\xff'],
  ] as const)('in %s has captures as their bytes between its own', (format, data, sent) => {
    expect(fill(data, format, { salt: '\x00' })).toBe(sent);
  });

  it('keeps the names that nobody captures, and drops the groups that took no part', () => {
    expect(fill('${HOME} ${gone}.', 'text', {}, ['gone'])).toBe('${HOME} .');
  });

  it('says what does not decode', () => {
    expect(compileSend('0', 'hex', new Set())).toMatchObject({ ok: false });
  });

  it('is bounded however often a capture is repeated', () => {
    expect(fill('${x}'.repeat(100), 'text', { x: 'y'.repeat(65_536) }).length).toBe(SEND_BYTES_MAX);
  });
});
