import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { runIdOf, uuidV5 } from './run-id.ts';

describe('a run id', () => {
  const run = {
    accountId: '0d2b4b6e-1111-4aaa-8bbb-000000000001', checkId: '0d2b4b6e-1111-4aaa-8bbb-00000000000c',
    locationId: '0d2b4b6e-1111-4aaa-8bbb-0000000000ff', dueAtMs: 1_790_000_000_123,
  };

  test('is a version 5 UUID as the RFC gives it', () => {
    const dns = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');
    expect(uuidV5(dns, 'www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  test('never changes between versions of the program', () => {
    expect(runIdOf(run)).toBe('7085ab55-7acc-5391-960d-48cf757e9383');
  });

  test('does not depend on the case of ids, and on everything else', () => {
    expect(runIdOf({ ...run, checkId: run.checkId.toUpperCase() })).toBe(runIdOf(run));
    const others = [{ accountId: run.checkId }, { checkId: run.accountId }, { locationId: run.checkId }, { dueAtMs: run.dueAtMs + 1 }];
    expect(new Set(others.map((other) => runIdOf({ ...run, ...other }))).add(runIdOf(run)).size).toBe(5);
  });
});
