import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problemOf } from '../cli-problem.ts';
import { createOutput } from '../output.ts';
import { createProgram } from '../program.ts';

const ALERT = { id: 'alert-1', kind: 'failure', checkName: 'redis\u001b[2J', target: 'redis:6379', isOpen: true, openedAt: '2026-11-22T12:00:00Z', acknowledgedAt: null, snoozedUntil: null };
const ANSWERS: Readonly<Record<string, unknown>> = {
  'GET /v1/alerts?limit=100&isOpen=true': [ALERT], 'GET /v1/alert-channels': [{ id: 7, type: 'EMAIL', config: { address: 'ops@example.com' }, subscriptions: [], autoSubscribe: true }],
  'POST /v1/alert-channels/7/test': { isDelivered: false, answer: { status: null, code: 'EHOSTUNREACH', message: 'no route' } }, 'GET /v1/check-groups': [], 'GET /v1/variables': [{ key: 'TOKEN', value: '[redacted]', secret: true, locked: false }],
  'GET /v1/maintenance-windows': [{ id: 1, name: 'sunday', status: 'SCHEDULED', nextChangeAt: null, action: 'pause', tags: ['eu'] }],
  'GET /v1/usage/summary': { from: 'a', to: 'b', total: { runs: 12 }, byCheckType: [{ checkType: 'TCP', source: null, runs: 12 }], quotas: [{ pool: 'synthetic', used: 12, runsPerMonth: 100, period: '2026-11', state: 'ok' }] },
};
let server: Server;
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push([request.method, request.url, Buffer.concat(chunks).toString()].filter((part) => part !== '').join(' '));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWERS[`${request.method} ${request.url}`] ?? {}));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
beforeEach(() => { asked = []; });
afterAll(() => { server.closeAllConnections(); server.close(); });

async function sonde(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const stream = { write: (text: string) => { out += text; } };
  const never = new AbortController().signal;
  const env = { SONDE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, SONDE_API_KEY: 'sk_a-key-for-tests-1' };
  const output = createOutput({ json: args.includes('--json'), stdout: stream, stderr: stream, env });
  let code = 0;
  const program = createProgram({ env, output, stop: never, force: never }, (exitCode) => { code = exitCode; });
  await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
    output.problem(problemOf(error));
    code = problemOf(error).exitCode;
  });
  return { code, out };
}

describe('sonde', () => {
  it.each([
    [['alerts', 'list'], ['GET /v1/alerts?limit=100&isOpen=true'], 'redis:6379', 0],
    [['alerts', 'ack', 'alert-1'], ['POST /v1/alerts/alert-1/acknowledge'], 'acknowledged alert alert-1', 0],
    [['alerts', 'snooze', 'alert-1', '2h'], ['POST /v1/alerts/alert-1/snooze {"minutes":120}'], 'snoozed alert alert-1', 0],
    [['alerts', 'snooze', 'alert-1', 'soon'], [], 'no length of time', 2],
    [['alerts', 'resolve', 'alert-1'], ['POST /v1/alerts/alert-1/resolve'], 'resolved alert alert-1', 0],
    [['channels', 'list'], ['GET /v1/alert-channels'], 'ops@example.com', 0],
    [['channels', 'test', '7'], ['POST /v1/alert-channels/7/test'], 'no route', 1],
    [['groups', 'list'], ['GET /v1/check-groups'], 'no groups yet', 0],
    [['windows', 'list'], ['GET /v1/maintenance-windows'], 'sunday', 0],
    [['variables', 'list'], ['GET /v1/variables'], '[redacted]', 0],
    [['variables', 'set', 'NEW', 'a value', '--secret'], ['GET /v1/variables', 'POST /v1/variables {"key":"NEW","value":"a value","secret":true}'], 'made variable NEW', 0],
    [['variables', 'set', 'TOKEN', 'another'], ['GET /v1/variables', 'PUT /v1/variables/TOKEN {"value":"another","secret":false}'], 'changed variable TOKEN', 0],
    [['variables', 'delete', 'TOKEN'], ['DELETE /v1/variables/TOKEN'], 'deleted variable TOKEN', 0],
    [['usage'], ['GET /v1/usage/summary'], '12 of 100 runs', 0],
  ])('%j asks the API and says what came of it', async (args, requests, said, exitCode) => {
    const { code, out } = await sonde(...args);
    expect({ code, asked }).toEqual({ code: exitCode, asked: requests });
    expect(out).toContain(said);
    expect(out).not.toMatch(/\u001b\[2J|a value|another/);
  });

  it('answers in JSON as the API did', async () => {
    expect(JSON.parse((await sonde('alerts', 'list', '--json')).out)).toEqual([ALERT]);
  });
});
