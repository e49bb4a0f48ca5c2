import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkWriteSchema } from './check-schema.ts';
import { parseCheck, type Problem } from './parse-check.ts';
import type { Check } from './check.ts';

const minimal = { name: 'redis-eu', request: { hostname: 'redis.example.com', port: 6379 }, locations: ['local-1'] };

function check(changes: object = {}, request: object = {}): Check {
  const parsed = parseCheck({ ...minimal, ...changes, request: { ...minimal.request, ...request } });
  if (!parsed.ok) throw new Error(parsed.problems.map((problem) => problem.message).join('; '));
  return parsed.check;
}

function problems(changes: object = {}, request: object = {}): readonly Problem[] {
  const parsed = parseCheck({ ...minimal, ...changes, request: { ...minimal.request, ...request } });
  return parsed.ok ? [] : parsed.problems;
}

const messages = (changes: object = {}, request: object = {}): readonly string[] => problems(changes, request).map((problem) => problem.message);

describe('a check', () => {
  test('gets the defaults of the contract', () => {
    expect(check()).toMatchObject({
      activated: true, muted: false, shouldFail: false, degradedResponseTime: 3000, maxResponseTime: 5000, frequency: 10,
      frequencyOffset: null, privateLocations: [], runParallel: false, doubleCheck: false, retryStrategy: null,
      useGlobalAlertSettings: true, whenUnseen: 'noData',
      request: { ipFamily: 'IPv4', data: null, dataFormat: 'text', sendAfter: 'connect', steps: [], assertions: [], read: { maxBytes: 65_536, idleMs: 250 } },
    });
    expect(check({ maxResponseTime: 1000 }).degradedResponseTime).toBe(1000);
  });

  test('takes null for every field that has a default', () => {
    const optional = Object.keys(checkWriteSchema.shape).filter((key) => !['name', 'request', 'locations'].includes(key));
    const inRequest = Object.keys(checkWriteSchema.shape.request.shape).filter((key) => !['hostname', 'port'].includes(key));
    const nulls = (keys: readonly string[]): object => Object.fromEntries(keys.map((key) => [key, null]));
    expect(check(nulls(optional), nulls(inRequest))).toEqual(check());
  });

  test('takes back what a client read, and drops it', () => {
    expect(check({
      id: 'x', created_at: 'y', updated_at: null, revision: 3, checkType: 'TCP', alertChannels: {}, environmentVariables: [],
      intent: { goal: 'g' }, aiAutoRepairEnabled: true, projectBindings: [],
    })).toEqual(check());
  });

  test('takes the other names of hostname and data', () => {
    const parsed = parseCheck({ ...minimal, request: { url: 'a.b', port: 1, body: 'x' } });
    expect(parsed).toMatchObject({ ok: true, check: { request: { hostname: 'a.b', data: 'x' } } });
    expect(messages({}, { url: 'other', data: 'x', body: 'y' })).toEqual([
      'request.url: is another name for hostname, and they differ', 'request.body: is another name for data, and they differ',
    ]);
  });

  test('takes assertions and steps as clients send them', () => {
    const { request } = check({}, {
      assertions: [{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', property: '', target: 100, regex: null }, { source: 'RESPONSE_DATA', comparison: 'NOT_EMPTY' }],
      steps: [{ expect: '^220' }, { send: 'EHLO x\\r\\n', dataFormat: 'escaped' }, { startTls: true }],
    });
    expect(request.assertions).toEqual([
      { source: 'RESPONSE_TIME', comparison: 'LESS_THAN', property: '', target: '100' }, { source: 'RESPONSE_DATA', comparison: 'NOT_EMPTY', property: '', target: '' },
    ]);
    expect(request.steps).toEqual([{ kind: 'expect', pattern: '^220' }, { kind: 'send', data: 'EHLO x\\r\\n', dataFormat: 'escaped' }, { kind: 'startTls' }]);
  });

  test('allows variables in hostname and data, but no agent-local secret in a hostname', () => {
    expect(check({}, { hostname: '{{HOST}}.example.com', data: 'AUTH {{PASSWORD}}' }).request.hostname).toBe('{{HOST}}.example.com');
    expect(messages({}, { hostname: '{{local.SECRET}}.example.com' })).toEqual(['request.hostname: agent-local secrets never expand in a hostname']);
    expect(messages({}, { data: '{{X}}', dataFormat: 'hex' })).toEqual(['request.data: variables work in text and escaped data, not in hex']);
  });

  test('keeps a retry strategy with the defaults of its type', () => {
    expect(check({ retryStrategy: { type: 'SINGLE_RETRY' } }).retryStrategy)
      .toEqual({ type: 'SINGLE_RETRY', baseBackoffSeconds: 60, maxRetries: 1, maxDurationSeconds: 600, sameRegion: true, onlyOn: null });
    expect(check({ retryStrategy: { type: 'LINEAR', onlyOn: ['NETWORK_ERROR'] } }).retryStrategy).toMatchObject({ maxRetries: 2, onlyOn: 'NETWORK_ERROR' });
    expect(check({ retryStrategy: { type: 'FIXED', onlyOn: 'NETWORK_ERROR' } }).retryStrategy).toMatchObject({ onlyOn: 'NETWORK_ERROR' });
  });
});

describe('a check that is wrong', () => {
  test('is told every problem at once, each with its field, value and limit', () => {
    const parsed = parseCheck({
      name: '', frequency: 0, frequencyOffset: 9, degradedResponseTime: 6000, maxRespnseTime: 1, locations: null, tags: [''],
      request: { hostname: '127.1', port: 70_000, ipFamily: 'IPv5', data: '\\q', dataFormat: 'escaped', assertions: [{ source: 'RESPONSE_TIME', comparison: 'LESS_THAN', target: 'fast' }] },
    });
    expect(parsed.ok).toBe(false);
    const found = parsed.ok ? [] : parsed.problems;
    expect(found.map(({ path, value, limit }) => [path, value, limit])).toEqual(expect.arrayContaining([
      ['name', '', 'at least 1 character'],
      ['tags.0', '', 'at least 1 character'],
      ['request.port', 70_000, 'at most 65535'],
      ['request.ipFamily', 'IPv5', 'IPv4 | IPv6'],
      ['maxRespnseTime', 1, 'maxResponseTime'],
      ['locations', null, 'at least one'],
      ['frequencyOffset', 9, '10 to 86400 seconds when frequency is 0'],
      ['degradedResponseTime', 6000, 'at most maxResponseTime (5000)'],
      ['request.hostname', '127.1', 'a DNS name or an IP address'],
      ['request.data', '[redacted]', 'escaped'],
      ['request.assertions.0.target', 'fast', 'a number'],
    ]));
    expect(found).toHaveLength(11);
  });

  test.each([
    [{}, { port: 70_000 }, 'request.port: 70000 is above 65535'],
    [{}, { port: 0 }, 'request.port: 0 is below 1'],
    [{}, { port: 1.5 }, 'request.port: must be a whole number, not 1.5'],
    [{}, { port: '80' }, 'request.port: must be a number, not a string'],
    [{}, { port: undefined }, 'request.port: is missing'],
    [{}, { hostname: undefined }, 'request.hostname: is missing'],
    [{}, { prot: 1 }, "request.prot: there is no such field; did you mean 'port'?"],
    [{ frequency: 0 }, {}, 'frequencyOffset: is needed when frequency is 0: the seconds between runs, 10 to 86400'],
    [{ frequency: 0, frequencyOffset: 9 }, {}, 'frequencyOffset: 9 s is too often: the shortest interval is 10 s'],
    [{ frequency: 1441 }, {}, 'frequency: 1441 is above 1440'],
    [{ maxResponseTime: 45_001 }, {}, 'maxResponseTime: 45001 is above 45000'],
    [{ locations: ['a', 'a'] }, {}, "locations.1: 'a' is named twice"],
    [{ locations: [] }, {}, 'locations: set at least one location or private location'],
    [{ description: 'x'.repeat(501) }, {}, 'description: has 501 characters, at most 500 characters are allowed'],
    [{ checkType: 'API' }, {}, 'checkType: must be one of TCP'],
    [{ name: 'a\0b' }, {}, 'name: contains a NUL character; to send one, use dataFormat escaped and \\x00'],
    [{ retryStrategy: { type: 'SINGLE_RETRY', maxRetries: 2 } }, {}, 'retryStrategy.maxRetries: SINGLE_RETRY is one retry and takes no such field; use FIXED, LINEAR or EXPONENTIAL'],
    [{ retryStrategy: { type: 'FIXED', maxRetries: 11 } }, {}, 'retryStrategy.maxRetries: 11 is above 10'],
    [{ retryStrategy: { type: 'FIXED', maxDurationSeconds: 601 } }, {}, 'retryStrategy.maxDurationSeconds: 601 is above 600'],
    [{ alertSettings: { reminders: { interval: 7 } } }, {}, 'alertSettings.reminders.interval: must be one of 1, 2, 3, 4, 5, 10, 15, 30'],
    [{ alertSettings: { runBasedEscalation: { failedRunThreshold: 6 } } }, {}, 'alertSettings.runBasedEscalation.failedRunThreshold: 6 is above 5'],
    [{}, { data: 'x', steps: [{ expect: 'y' }] }, 'request.steps: steps are a dialogue instead of data: use one of the two'],
    [{}, { data: 'x'.repeat(16_385) }, 'request.data: is 16385 bytes, at most 16384 are allowed'],
    [{}, { steps: [{ wait: 1 }] }, 'request.steps.0: a step is {"expect": "<regex>"}, {"send": "<data>", "dataFormat": "escaped"} or {"startTls": true}'],
    [{}, { steps: [{ startTls: true }, { startTls: true }] }, 'request.steps.1: the connection is already TLS at this step'],
    [{}, { steps: [{ expect: '(?=x)' }] }, /^request\.steps\.0\.expect: look-ahead/],
    [{}, { assertions: [{ source: 'RESPONSE_DATA', property: '(', comparison: 'IS_EMPTY' }] }, /^request\.assertions\.0\.property: not a valid regular expression/],
    [{}, { assertions: [{ source: 'RESPONSE_DATA', comparison: 'MATCHES', target: '(a)\\1' }] }, /^request\.assertions\.0\.target: back-references/],
    [{}, { assertions: [{ source: 'RESPONSE_DATA', comparison: 'CONTAINS' }] }, 'request.assertions.0.target: CONTAINS needs a target: everything contains nothing'],
    [{}, { assertions: [{ source: 'RESPONSE_TIME', comparison: 'CONTAINS', target: '1' }] }, /^request\.assertions\.0\.comparison: RESPONSE_TIME is a number/],
    [{}, { assertions: [{ source: 'FAILURE_CODE', comparison: 'EQUALS', target: 'ECONREFUSED' }] }, "request.assertions.0.target: there is no failure code 'ECONREFUSED'; did you mean ECONNREFUSED?"],
    [{}, { assertions: [{ source: 'RESPONSE_DATE', comparison: 'IS_EMPTY' }] }, /^request\.assertions\.0\.source: must be one of .*did you mean RESPONSE_DATA\?$/],
    [{}, { dns: { server: 'ns.example.com' } }, /^request\.dns\.server: .* is no IP address/],
    [{}, { sourceAddress: '::1' }, "request.sourceAddress: '::1' is no IPv4 address"],
    [{}, { tls: { ca: 'x' } }, /^request\.tls\.ca: is not one or more PEM/],
  ] as const)('%o %o: %s', (changes, request, message) => {
    const found = messages(changes, request);
    expect(found).toHaveLength(1);
    if (typeof message === 'string') expect(found[0]).toBe(message);
    else expect(found[0]).toMatch(message);
  });

  test.each([null, [], 'x', 5])('%j is no check', (input) => {
    expect(parseCheck(input)).toMatchObject({ ok: false, problems: [{ path: '', limit: 'an object' }] });
  });

  test('echoes no payload, and no password in an address', () => {
    const all = JSON.stringify(problems({}, { hostname: 'tcp://u:hunter2@h', data: 'hunter2\\q', dataFormat: 'escaped', steps: [{ send: 'hunter2\\q', dataFormat: 'escaped' }] }));
    expect(all).not.toContain('hunter2');
    expect(all).toContain('[redacted]');
  });
});

test('the schema is also OpenAPI 3.1, with descriptions and limits', () => {
  const document = z.toJSONSchema(checkWriteSchema, { io: 'input' });
  const schema = (document.$defs?.CheckWrite ?? document) as typeof document;
  expect(schema.required).toEqual(['name', 'request']);
  expect(schema.additionalProperties).toBe(false);
  expect(schema.properties).toMatchObject({
    id: { readOnly: true },
    maxResponseTime: { default: 5000, description: expect.any(String), anyOf: [{ type: 'integer', minimum: 1, maximum: 45_000 }, { type: 'null' }] },
  });
});
