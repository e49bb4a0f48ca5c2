import { describe, expect, it } from 'vitest';
import { checkFromFlags, withChanges } from './check-from-flags.ts';
import { CliProblem } from './cli-problem.ts';

describe('a check from flags', () => {
  it('says what was said and leaves defaults to the server', () => {
    expect(checkFromFlags({ name: 'redis', host: '::1', port: '6379', locations: 'eu-1, us-1' })).toEqual({
      name: 'redis', request: { hostname: '::1', port: 6379 }, locations: ['eu-1', 'us-1'],
    });
    expect(checkFromFlags({})).toEqual({});
  });

  it('takes everything a flag can say', () => {
    expect(checkFromFlags({
      send: 'PING\\r\\n', format: 'Escaped', expect: ['PONG', 'OK'], match: ['^\\+'], ipv6: true, max: '2s', degraded: '500',
      shouldFail: true, parallel: true, tag: ['a:b'], inactive: true, muted: true, source: '10.0.0.1', dnsServer: '1.1.1.1', readBytes: '10',
    })).toEqual({
      tags: ['a:b'], activated: false, muted: true, shouldFail: true, degradedResponseTime: 500, maxResponseTime: 2_000, runParallel: true,
      request: {
        ipFamily: 'IPv6', data: 'PING\\r\\n', dataFormat: 'escaped', read: { maxBytes: 10 }, sourceAddress: '10.0.0.1', dns: { server: '1.1.1.1' },
        assertions: [
          { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'PONG' },
          { source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'OK' },
          { source: 'RESPONSE_DATA', property: '', comparison: 'MATCHES', target: '^\\+' },
        ],
      },
    });
  });

  it.each([
    ['30s', { frequency: 0, frequencyOffset: 30 }], ['90s', { frequency: 0, frequencyOffset: 90 }], ['1m', { frequency: 1 }],
    ['60s', { frequency: 1 }], ['24h', { frequency: 1440 }], ['9s', { frequency: 0, frequencyOffset: 9 }],
  ])('every %s is %j; whether that is allowed the API says', (every, wanted) => {
    expect(checkFromFlags({ every })).toEqual(wanted);
  });

  it('tells all that cannot be understood at once', () => {
    const problem = caught(() => checkFromFlags({ every: '30', port: 'http', format: 'utf8', max: 'soon' }));
    expect(problem.exitCode).toBe(2);
    expect(problem.details.map(({ message }) => message)).toEqual([
      "--every is '30' but must be a time such as 30s, 5m or 1h, in whole seconds",
      "--max is 'soon' but must be a time such as 5000, 5000ms or 5s",
      "--port is 'http' but must be a port from 1 to 65535",
      "--format is 'utf8' but must be one of text, escaped, hex, base64",
    ]);
  });

  it('as a change touches only what was said', () => {
    const before = { name: 'a', tags: ['x'], request: { hostname: 'h', port: 1, assertions: [1, 2] }, frequency: 10 };
    expect(withChanges(before, checkFromFlags({ port: '2', expect: ['y'], every: '30s' }))).toEqual({
      name: 'a', tags: ['x'], frequency: 0, frequencyOffset: 30,
      request: { hostname: 'h', port: 2, assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'y' }] },
    });
  });
});

function caught(act: () => unknown): CliProblem {
  try {
    act();
  } catch (error) {
    if (error instanceof CliProblem) return error;
  }
  throw new Error('no CliProblem was thrown');
}
