import { describe, expect, it } from 'vitest';
import { OwnLimit } from './own-limit.ts';

const SECOND_US = 1_000_000;

describe('how many attempts at once a machine bears', () => {
  it('falls below what was under way when descriptors ran out, a burst counting once', () => {
    const limit = new OwnLimit(1_000);
    for (let each = 0; each < 50; each += 1) limit.attemptOver('EMFILE', { inFlight: 200, nowUs: each });
    expect(limit.value).toBe(140);
    limit.attemptOver('EMFILE', { inFlight: 140, nowUs: SECOND_US });
    expect(limit.value).toBe(98);
  });

  it('never falls so low that nothing runs, nor rises above what was set', () => {
    const limit = new OwnLimit(100);
    for (let second = 0; second < 100; second += 1) limit.attemptOver('EADDRNOTAVAIL', { inFlight: 1, nowUs: second * SECOND_US });
    expect(limit.value).toBe(4);
    for (let second = 100; second < 160; second += 1) limit.attemptOver(null, { inFlight: 4, nowUs: second * SECOND_US });
    expect(limit.value).toBe(100);
  });

  it('is not moved by what targets do', () => {
    const limit = new OwnLimit(1_000);
    for (const code of ['ECONNREFUSED', 'SOCKET_TIMEOUT', 'ERR_NO_ROUTE', 'ERR_RESOLVER_DOWN'] as const) limit.attemptOver(code, { inFlight: 200, nowUs: 0 });
    expect(limit.value).toBe(1_000);
  });
});
