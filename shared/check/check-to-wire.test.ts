import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aCheck, aRequest } from '../testing/builders.ts';
import { ASSERTION_COMPARISONS, type Assertion, type Check, type RetryStrategy, type Step, type TlsSettings } from './check.ts';
import { checkToWire } from './check-to-wire.ts';
import { parseCheck } from './parse-check.ts';
import { toProbeSpec } from './to-probe-spec.ts';

const word = fc.string({ unit: fc.constantFrom('a', 'B', '7', ' ', 'é', '{', '\\\\'), minLength: 1, maxLength: 12 });
const code = fc.stringMatching(/^[a-z]{2}-[0-9]$/);
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });

const assertion: fc.Arbitrary<Assertion> = fc.oneof(
  fc.record({ source: fc.constant('RESPONSE_DATA' as const), property: fc.constantFrom('', '(\\d+)'), comparison: fc.constantFrom(...ASSERTION_COMPARISONS), target: fc.constantFrom('12', '3.5') }),
  fc.record({ source: fc.constantFrom('RESPONSE_TIME' as const, 'TLS_TIME' as const), property: fc.constant(''), comparison: fc.constantFrom('LESS_THAN' as const, 'EQUALS' as const), target: fc.nat().map(String) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({ kind: 'expect' as const, pattern: '^220 (?<host>\\S+)' }),
  fc.record({ kind: fc.constant('send' as const), data: word, dataFormat: fc.constant('text' as const) }),
);
const tls: fc.Arbitrary<TlsSettings> = fc.record({
  mode: fc.constantFrom('none', 'implicit'), serverName: maybe(code), verify: fc.boolean(), ca: fc.constant(null),
  alpn: fc.array(fc.constantFrom('h2', 'smtp'), { maxLength: 2 }), minVersion: maybe(fc.constantFrom('TLSv1.2', 'TLSv1.3')),
  clientCertificate: maybe(code), degradedDaysLeft: maybe(fc.integer({ min: 1, max: 90 })), expectAlert: maybe(fc.constant('certificate_required')),
});
const retry: fc.Arbitrary<RetryStrategy> = fc.oneof(
  fc.record({ type: fc.constant('SINGLE_RETRY' as const), maxRetries: fc.constant(1), maxDurationSeconds: fc.constant(600) }),
  fc.record({ type: fc.constantFrom('FIXED' as const, 'LINEAR' as const, 'EXPONENTIAL' as const), maxRetries: fc.integer({ min: 1, max: 10 }), maxDurationSeconds: fc.integer({ min: 0, max: 600 }) }),
).chain((own) => fc.record({
  baseBackoffSeconds: fc.integer({ min: 0, max: 600 }), sameRegion: fc.boolean(), onlyOn: maybe(fc.constant('NETWORK_ERROR' as const)),
}).map((common) => ({ ...own, ...common })));

const anyCheck: fc.Arbitrary<Check> = fc.record({
  name: word, description: maybe(word), tags: fc.array(word, { maxLength: 3 }), activated: fc.boolean(), muted: fc.boolean(),
  shouldFail: fc.boolean(), doubleCheck: fc.boolean(), runParallel: fc.boolean(), useGlobalAlertSettings: fc.boolean(),
  confirmFromOtherLocation: fc.boolean(), locations: fc.uniqueArray(code, { minLength: 1, maxLength: 4 }), privateLocations: fc.uniqueArray(code, { maxLength: 2 }),
  retryStrategy: maybe(retry), whenUnseen: fc.constantFrom('noData', 'failing'), perLocationFailedRuns: maybe(fc.integer({ min: 1, max: 9 })),
  dependsOn: fc.array(fc.uuid({ version: 4 }), { maxLength: 2 }), groupId: maybe(fc.integer({ min: 1, max: 9 })), groupOrder: maybe(fc.nat(9)),
  runtimeId: maybe(fc.constant('2026.04')), triggerIncident: fc.constant(null),
  alertChannelSubscriptions: fc.array(fc.record({ alertChannelId: fc.integer({ min: 1, max: 99 }), activated: fc.boolean() }), { maxLength: 2 }),
  alertSettings: maybe(fc.record({
    escalationType: fc.constantFrom('RUN_BASED', 'TIME_BASED'), runBasedEscalation: fc.record({ failedRunThreshold: fc.integer({ min: 1, max: 5 }) }),
    timeBasedEscalation: fc.record({ minutesFailingThreshold: fc.constantFrom(5, 10, 15, 30) }),
    reminders: fc.record({ amount: fc.constantFrom(0, 5, 100_000), interval: fc.constantFrom(1, 5, 30) }),
    parallelRunFailureThreshold: fc.record({ enabled: fc.boolean(), percentage: fc.constantFrom(10, 100) }),
    recoveryPassThreshold: fc.integer({ min: 1, max: 10 }),
  })),
  cadence: fc.oneof(
    fc.record({ frequency: fc.integer({ min: 1, max: 1440 }), frequencyOffset: maybe(fc.integer({ min: 0, max: 86_400 })) }),
    fc.record({ frequency: fc.constant(0), frequencyOffset: fc.integer({ min: 10, max: 86_400 }) }),
  ),
  limits: fc.tuple(fc.integer({ min: 1, max: 45_000 }), fc.integer({ min: 1, max: 45_000 })),
  talk: fc.oneof(fc.record({ data: maybe(word) }), fc.record({ steps: fc.array(step, { maxLength: 4 }) })),
  request: fc.record({
    hostname: fc.constantFrom('redis.example.com', '192.0.2.1', '2001:db8::1', '{{HOST}}'), port: fc.integer({ min: 1, max: 65_535 }),
    ipFamily: fc.constantFrom('IPv4', 'IPv6'), sendAfter: fc.constantFrom('connect', 'banner'), assertions: fc.array(assertion, { maxLength: 3 }), tls: maybe(tls),
    read: fc.record({ maxBytes: fc.integer({ min: 1, max: 65_536 }), idleMs: fc.integer({ min: 1, max: 45_000 }) }),
    dns: fc.record({ server: maybe(fc.constantFrom('192.0.2.53', '[2001:db8::53]:5353')) }),
  }),
}).map(({ cadence, limits, talk, request, ...rest }) => aCheck({
  ...rest, ...cadence, degradedResponseTime: Math.min(...limits), maxResponseTime: Math.max(...limits), request: aRequest({ ...request, ...talk }),
}));

describe('the wire form of a check', () => {
  test('is read back to the same check, also through JSON', () => {
    fc.assert(fc.property(anyCheck, (check) => {
      expect(parseCheck(JSON.parse(JSON.stringify(checkToWire(check))))).toEqual({ ok: true, check });
    }), { numRuns: 300 });
  });

  test('has what clients of the API read', () => {
    const wire = checkToWire(aCheck({
      retryStrategy: { type: 'SINGLE_RETRY', baseBackoffSeconds: 60, maxRetries: 1, maxDurationSeconds: 600, sameRegion: true, onlyOn: null },
      request: aRequest({ assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'x' }] }),
    }));
    expect(wire).toMatchObject({ description: null, retryStrategy: { type: 'SINGLE_RETRY', baseBackoffSeconds: 60 }, request: { assertions: [{ regex: null, property: '' }] } });
    expect(wire.retryStrategy).not.toHaveProperty('maxRetries');
  });
});

test('an agent gets the exact bytes and the host in its canonical form', () => {
  const spec = toProbeSpec(aCheck({ request: aRequest({ hostname: 'Redis.Example.COM', data: 'PING\\r\\n', dataFormat: 'escaped' }) }));
  expect(spec).toMatchObject({ hostname: 'redis.example.com', degradedResponseTimeMs: 3000, maxResponseTimeMs: 5000, readMaxBytes: 65_536 });
  expect(Buffer.from(spec.payload ?? []).toString()).toBe('PING\r\n');
});
