import { describe, expect, it } from 'vitest';
import { parseCheck } from '#shared/check/parse-check.ts';
import { presets } from '#shared/check/presets.ts';
import { checkFromFlags, withChanges } from './check-from-flags.ts';
import { CliProblem } from './cli-problem.ts';

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof CliProblem) return error.details.length === 0 ? [error.message] : error.details.map(({ message }) => message);
  }
  return [];
}

describe('a check from a preset', () => {
  it.each(presets.map(({ name, parameters }) => [name, parameters] as const))('%s is one that the API takes, on its own port', (name, parameters) => {
    const param = parameters.filter(({ whenUnset }) => whenUnset.kind === 'required').map((parameter) => `${parameter.name}=a=b`);
    const body = checkFromFlags({ preset: name, host: 'a.example', locations: 'eu-1', name: 'x', ...(param.length === 0 ? {} : { param }) });
    expect(parseCheck(body)).toMatchObject({ ok: true, check: { request: { port: presets.find((preset) => preset.name === name)?.defaultPort } } });
  });

  it('lies under the other flags', () => {
    const body = checkFromFlags({ preset: 'smtp', host: 'a.example', port: '587', verify: false, serverName: 'mail.example', expect: ['ESMTP'], assert: ['CERTIFICATE_DAYS_LEFT GREATER_THAN 14'] });
    expect(body['request']).toMatchObject({
      port: 587, tls: { mode: 'none', verify: false, serverName: 'mail.example' },
      assertions: [{ comparison: 'CONTAINS', target: 'ESMTP' }, { source: 'CERTIFICATE_DAYS_LEFT', comparison: 'GREATER_THAN', target: '14' }],
    });
    expect(checkFromFlags({ preset: 'redis', tls: true })['request']).toMatchObject({ port: 6379, tls: { mode: 'implicit' } });
  });

  it('takes the place of what a check said before', () => {
    const before = { request: { hostname: 'a.example', port: 1, data: 'PING', steps: [], assertions: [] }, name: 'x', locations: ['eu-1'] };
    expect(parseCheck(withChanges(before, checkFromFlags({ preset: 'ssh' })))).toMatchObject({ ok: true, check: { request: { data: null, port: 22 } } });
  });

  it('tells every problem at once and repeats no parameter', () => {
    const problems = problemsOf(() => checkFromFlags({ preset: 'redis-auth', param: ['hunter2'], assert: ['RESPONSE_TIME'], minTls: '1.4', every: '5' }));
    expect(problems).toEqual([
      expect.stringContaining('--every'), expect.stringMatching(/^--param must be name=value/), expect.stringMatching(/^--preset: .* needs the parameter password/),
      expect.stringMatching(/^--assert 'RESPONSE_TIME': it has no comparison/), "--min-tls is '1.4' but must be 1.0, 1.1, 1.2 or 1.3",
    ]);
    expect(problems.join()).not.toContain('hunter2');
    expect(problemsOf(() => checkFromFlags({ param: ['a=b'] }))).toEqual([expect.stringContaining('--preset')]);
  });
});

describe('flags of TLS', () => {
  it('say what was said and nothing else', () => {
    const flags = { tls: true, alpn: ['h2, http/1.1', 'x'], minTls: 'TLSv1.2', clientCertificate: 'billing', expectAlert: 'certificate_required', ca: 'a.pem' };
    expect(checkFromFlags(flags, { ca: 'PEM' })).toEqual({ request: { tls: {
      mode: 'implicit', alpn: ['h2', 'http/1.1', 'x'], minVersion: 'TLSv1.2', clientCertificate: 'billing', expectAlert: 'certificate_required', ca: 'PEM',
    } } });
    // What commander says for a --no-… that was not given.
    expect(checkFromFlags({ verify: true })).toEqual({});
    expect([['1', 'TLSv1'], ['1.0', 'TLSv1'], ['tls1.3', 'TLSv1.3']].map(([minTls = '']) => checkFromFlags({ minTls }))).toEqual(
      ['TLSv1', 'TLSv1', 'TLSv1.3'].map((minVersion) => ({ request: { tls: { minVersion } } })),
    );
  });

  it('stand beside steps from a file', () => {
    expect(checkFromFlags({ steps: 'a.yml' }, { steps: [{ startTls: true }] })).toEqual({ request: { steps: [{ startTls: true }] } });
  });
});
