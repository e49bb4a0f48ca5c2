import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { continuesSearch, searchPlan, searchResult } from './search-names.ts';

const noSuchName: Answer = { kind: 'noSuchName' };
const noData: Answer = { kind: 'noData' };
const servfail: Answer = { kind: 'trouble', trouble: 'servfail' };
const timeout: Answer = { kind: 'trouble', trouble: 'timeout' };
const found: Answer = { kind: 'addresses', addresses: ['10.0.0.1'] };

describe('the search for a name', () => {
  const conf = { search: ['a.test', 'b.test'], ndots: 1 };
  it.each([
    ['db', ['db.a.test', 'db.b.test', 'db'], false],
    ['db.x', ['db.x', 'db.x.a.test', 'db.x.b.test'], true],
    ['db.x.', ['db.x'], true],
    ['db.', ['db'], true],
  ])('of %s asks for %j', (hostname, names, isAsIsFirst) => {
    expect(searchPlan(hostname, conf)).toEqual({ names, isAsIsFirst });
  });

  it('asks for a name once, even if the root is among the domains', () => {
    expect(searchPlan('db', { search: ['', 'a.test'], ndots: 1 }).names).toEqual(['db', 'db.a.test']);
  });

  it('goes on past what one domain cannot say, and ends at silence or refusal', () => {
    expect([noSuchName, noData, servfail].every(continuesSearch)).toBe(true);
    expect([found, timeout, { kind: 'trouble', trouble: 'refused' } as const].some(continuesSearch)).toBe(false);
  });

  it('finds addresses first, then the answer to the name as written, then NODATA, SERVFAIL, NXDOMAIN', () => {
    expect(searchResult([noSuchName, found], true)).toBe(found);
    expect(searchResult([noSuchName, servfail, noData], true)).toBe(noSuchName);
    expect(searchResult([servfail, noSuchName], true)).toBe(servfail);
    expect(searchResult([servfail, noData, noSuchName], false)).toBe(noData);
    expect(searchResult([noSuchName, servfail, noSuchName], false)).toBe(servfail);
    expect(searchResult([noSuchName, noSuchName], false)).toEqual(noSuchName);
    expect(searchResult([noData, timeout], false)).toBe(timeout);
  });
});
