import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCheck } from './parse-check.ts';
import { decodePayload } from './payload.ts';
import { presetRequest, presets, presetSecretSteps } from './presets.ts';
import type { PresetRequest } from './presets/preset.ts';

const REQUIRED = { password: 'secret' };

function made(name: string, parameters: Readonly<Record<string, string>> = {}, hostname = 'a.example', port: number | null = null): PresetRequest {
  const answer = presetRequest(name, parameters, { hostname, port });
  if (!answer.ok) throw new Error(answer.problems.join('; '));
  return answer.request;
}

function problemsOf(name: string, parameters: Readonly<Record<string, string>> = {}): readonly string[] {
  const answer = presetRequest(name, parameters, { hostname: 'a.example', port: null });
  return answer.ok ? [] : answer.problems;
}

/** The bytes of the step, as text of one character each. */
function sent(request: PresetRequest, index: number): string {
  const step = request.steps?.[index];
  if (step === undefined || !('send' in step)) throw new Error(`step ${index} sends nothing`);
  const payload = decodePayload(step.send, step.dataFormat);
  if (!payload.ok) throw new Error(payload.problem);
  return Buffer.from(payload.bytes).toString('latin1');
}

describe('a preset', () => {
  it.each(presets.map((preset) => [preset.name, preset] as const))('%s is a check that the API takes', (name, { defaultPort, parameters }) => {
    const needed = Object.fromEntries(parameters.filter(({ whenUnset }) => whenUnset.kind === 'required').map((parameter) => [parameter.name, 'secret']));
    const request = { ...made(name, needed), hostname: 'a.example', port: defaultPort };
    const parsed = parseCheck({ name, request, locations: ['eu-1'] });
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && (parsed.check.request.steps.length > 0 || parsed.check.request.assertions.length > 0)).toBe(true);
  });

  it('shown as data is a check as well, so that a form can begin with it', () => {
    for (const { name, request, defaultPort } of presets) {
      expect(parseCheck({ name, request: { ...request, hostname: 'a.example', port: defaultPort }, locations: ['eu-1'] })).toMatchObject({ ok: true });
    }
  });

  it('begins TLS exactly where its name says so', () => {
    const isPlain = (name: string): boolean => name.endsWith('-plain') || ['ssh', 'redis', 'redis-auth', 'redis-requirepass', 'mysql', 'mqtt', 'http', 'memcached'].includes(name);
    for (const { name, request: { tls, steps } } of presets) {
      const startsTls = (steps ?? []).filter((step) => 'startTls' in step).length;
      expect([name, tls?.mode === 'implicit', startsTls]).toEqual([name, !isPlain(name) && name.endsWith('s') && name !== 'postgres', isPlain(name) || tls?.mode === 'implicit' ? 0 : 1]);
    }
  });

  it('that there is not is answered with the nearest and all there are', () => {
    expect(problemsOf('smpt')).toEqual([expect.stringMatching(/^there is no preset 'smpt'; did you mean smtp\?; there are ftp, .*ssh$/)]);
    expect(presetRequest('SMTP').ok).toBe(true);
  });

  it('says all that is wrong with its parameters at once, and repeats no value', () => {
    expect(problemsOf('redis-auth', { pasword: 'hunter2', user: 'a\r\nFLUSHALL' })).toEqual([
      "the preset 'redis-auth' has no parameter 'pasword'; it takes password, user",
      "the preset 'redis-auth' needs the parameter password: the password; {{VARIABLE}} keeps it out of the check",
      'the parameter user has a control character in it; it must be text on one line',
    ]);
    expect(problemsOf('ssh', { a: 'b' })).toEqual(["the preset 'ssh' has no parameter 'a'; it takes none"]);
    expect(problemsOf('smtp', { helo: 'x'.repeat(256) })).toEqual(['the parameter helo has 256 characters, at most 255 are allowed']);
    expect(problemsOf('http').length + problemsOf('https').length).toBe(0);
    expect(presetRequest('http')).toMatchObject({ ok: false, problems: [expect.stringContaining('host')] });
  });
});

describe('parameters of a preset', () => {
  it('stand in the bytes exactly, whatever is in them', () => {
    fc.assert(fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom('a', '"', '\\', '$', '{', '}', 'x', '1', ' ', 'é', "'") }), (helo) => {
      expect(Buffer.from(sent(made('smtp-plain', { helo }), 1), 'latin1').toString('utf8')).toBe(`EHLO ${helo}\r\n`);
    }));
    // Never a capture of an earlier step: `$` is not written as such.
    expect(JSON.stringify(made('smtp-plain', { helo: '${greeting}' }))).not.toContain('${');
  });

  it('are quoted for Redis as Redis reads them', () => {
    expect(sent(made('redis-auth', { password: 'a"b\\c $1', user: 'me' }), 0)).toBe('AUTH "me" "a\\"b\\\\c $1"\r\n');
    expect(sent(made('redis-requirepass', REQUIRED), 0)).toBe('AUTH "secret"\r\n');
    // A variable of the account is for the agent's side to fill in.
    expect(sent(made('redis-auth', { password: '{{REDIS_PASSWORD}}' }), 0)).toContain('{{REDIS_PASSWORD}}');
  });

  it('are measured for MQTT, in two bytes of length when they are long', () => {
    const connect = (parameters: Record<string, string>): string => Buffer.from(sent(made('mqtt', parameters), 0), 'latin1').toString('hex');
    expect(connect({})).toBe('100c00044d5154540402000a0000');
    expect(connect({ clientId: 'c', user: 'u', password: 'é' })).toBe('101400044d51545404c2000a000163000175' + '0002c3a9');
    expect(connect({ password: 'p' })).toBe('101100044d51545404c2000a00000000000170');
    const long = connect({ clientId: 'c'.repeat(255), user: 'u'.repeat(255), password: 'p'.repeat(255) });
    const length = Number.parseInt(long.slice(2, 4), 16) - 128 + Number.parseInt(long.slice(4, 6), 16) * 128;
    expect(length).toBe(long.length / 2 - 3);
    expect(problemsOf('mqtt', { password: '{{P}}' })).toEqual(['the parameter password cannot hold a {{VARIABLE}}: its length is sent with it']);
  });

  it('default to the host for HTTP, in brackets where it is an IPv6 address, with a port that is not the usual one', () => {
    expect(made('http').data).toBe('GET / HTTP/1.1\\r\\nHost: a.example\\r\\nUser-Agent: sonde\\r\\nAccept: */*\\r\\nConnection: close\\r\\n\\r\\n');
    expect(made('http', { path: '/?q=$a' }, '::1').data).toContain('GET /?q=\\x24a HTTP/1.1\\r\\nHost: [::1]\\r\\n');
    expect([80, 443, 8080].map((port) => /Host: (.*?)\\r/.exec(made('https', {}, 'a.example', port).data ?? '')?.[1])).toEqual(['a.example:80', 'a.example', 'a.example:8080']);
  });

  it('that are secret are known by the steps that hold them', () => {
    expect([...presetSecretSteps('redis-auth', { password: 'x' })]).toEqual([0]);
    expect([...presetSecretSteps('mqtt', { user: 'u', password: 'p' })]).toEqual([0]);
    expect([...presetSecretSteps('smtp', { helo: 'x' })]).toEqual([]);
    expect([...presetSecretSteps('nothing', {})]).toEqual([]);
  });
});
