import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { problemOf } from '../cli-problem.ts';
import { createOutput } from '../output.ts';
import { createProgram } from '../program.ts';

let server: Server;
let asked: string[];
const KEY = { id: 'key-1', rawKey: 'pl_secret', maskedKey: 'pl_...cret', created_at: '2026-01-01T00:00:00.000Z', oneTime: true, expiresAt: null, maxAgents: null, requireApproval: true };
const PLACE = { id: 'place-1', slugName: 'rack-1', name: 'Rack 1', agentCount: 2, lastSeen: null, keys: [KEY] };

/** Answers as the API would, and keeps what it was asked. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push([request.method, request.url, Buffer.concat(chunks).toString()].filter((part) => part !== '').join(' '));
      if (request.method === 'DELETE' || request.url?.endsWith('/approve')) { response.writeHead(204).end(); return; }
      const answer = request.method === 'GET' ? (request.url?.endsWith('/keys') ? [KEY] : [PLACE]) : request.url?.endsWith('/keys') ? KEY : PLACE;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
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
    [['private-locations', 'create', 'rack-1', '--name', 'Rack 1'], ['POST /v1/private-locations {"slugName":"rack-1","name":"Rack 1"}'], 'key, shown this once: pl_secret'],
    [['private-locations', 'list'], ['GET /v1/private-locations'], 'rack-1'],
    [['private-locations', 'delete', 'rack-1'], ['GET /v1/private-locations', 'DELETE /v1/private-locations/place-1'], 'deleted private location rack-1'],
    [['private-locations', 'add-key', 'rack-1', '--one-time'], ['GET /v1/private-locations', 'POST /v1/private-locations/place-1/keys {"oneTime":true}'], 'pl_secret'],
    [['private-locations', 'revoke-key', 'rack-1', 'key-1'], ['GET /v1/private-locations', 'DELETE /v1/private-locations/place-1/keys/key-1'], 'revoked key key-1'],
    [['locations', 'add-key', 'eu-1', '--max-agents', '3', '--approval', '--expires', '2099-01-01T00:00:00Z'],
      ['POST /v1/locations/eu-1/keys {"requireApproval":true,"expiresAt":"2099-01-01T00:00:00Z","maxAgents":3}'], 'pl_secret'],
    [['locations', 'keys', 'eu-1'], ['GET /v1/locations/eu-1/keys'], 'one agent, by approval'],
    [['locations', 'revoke-key', 'eu-1', 'key-1'], ['DELETE /v1/locations/eu-1/keys/key-1'], 'revoked key key-1'],
    [['agents', 'approve', 'agent-1'], ['POST /v1/agents/agent-1/approve'], 'approved agent agent-1'],
    [['agents', 'revoke', 'agent-1'], ['DELETE /v1/agents/agent-1'], 'revoked agent agent-1'],
  ])('%j', async (args, requests, shown) => {
    const forPeople = await sonde(...args);
    expect(asked).toEqual(requests);
    expect([forPeople.code, forPeople.out]).toEqual([0, expect.stringContaining(shown)]);
    const inJson = await sonde(...args, '--json');
    expect(inJson.code).toBe(0);
    expect(() => JSON.parse(inJson.out)).not.toThrow();
  });

  it('says which private locations there are not', async () => {
    expect(await sonde('private-locations', 'delete', 'nowhere')).toEqual({ code: 1, out: expect.stringContaining("no private location 'nowhere'") });
  });
});
