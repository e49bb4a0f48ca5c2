import { describe, expect, it } from 'vitest';
import { intervalMsOf } from '#shared/check/check.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { firstChecks, type OwnServices, postgresTarget } from './first-checks.ts';

const own: OwnServices = {
  postgres: { host: '127.0.0.1', port: 5433 }, http: { host: '0.0.0.0', port: 8080, isTls: false }, fleet: { host: '::', port: 8090 },
  closedPort: 1, locations: ['local-1', 'local-2'],
};

describe('the first checks', () => {
  it('are valid, every 10 s from both locations, with both strategies among them', () => {
    const checks = firstChecks(own).map(({ body }) => {
      const parsed = parseCheck(body);
      if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
      return parsed.check;
    });
    expect(checks.map(({ request, shouldFail, runParallel }) => [request.hostname, request.port, request.ipFamily, shouldFail, runParallel])).toEqual([
      ['127.0.0.1', 5433, 'IPv4', false, false], ['127.0.0.1', 8080, 'IPv4', false, false],
      ['::1', 8090, 'IPv6', false, true], ['127.0.0.1', 1, 'IPv4', true, false],
    ]);
    expect(checks.every((check) => intervalMsOf(check) === 10_000 && check.locations.length === 2)).toBe(true);
    const [postgres, api] = checks.map((check) => Buffer.from(toProbeSpec(check).payload ?? []));
    // 8 bytes: length, then 1234 and 5679 as two 16-bit numbers (Postgres manual, SSLRequest).
    expect([postgres?.readInt32BE(0), postgres?.readInt16BE(4), postgres?.readInt16BE(6), postgres?.length]).toEqual([8, 1234, 5679, 8]);
    expect(api?.toString()).toBe('GET /healthz HTTP/1.0\r\n\r\n');
  });

  it('have a key each, so that a start that was cut short repeats none', () => {
    const keys = firstChecks(own).map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys).size).toBe(4);
    expect(firstChecks(own).map(({ idempotencyKey }) => idempotencyKey)).toEqual(keys);
  });

  it('leave out what is not there', () => {
    expect(firstChecks({ ...own, postgres: null, closedPort: null })).toHaveLength(2);
  });

  it.each([
    ['postgres://u:p@db.example/x', { host: 'db.example', port: 5432 }], ['postgres://u:p@[::1]:6000/x', { host: '::1', port: 6000 }],
    ['postgres:///x?host=/var/run/postgresql', null], ['postgres://%2Fvar%2Frun/x', null],
  ])('find Postgres where DATABASE_URL says: %s', (url, target) => {
    expect(postgresTarget(url)).toEqual(target);
  });
});
