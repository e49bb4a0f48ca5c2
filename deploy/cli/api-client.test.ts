import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from './api-client.ts';
import { CliProblem } from './cli-problem.ts';

let server: Server;
let answer: { status: number; body: string };
let seen: { authorization: string | undefined; body: string };

beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen = { authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() };
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
afterEach(() => { server.closeAllConnections(); server.close(); });

function client(): ApiClient {
  return new ApiClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k' });
}

async function problemWith(status: number, body: unknown): Promise<CliProblem> {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  return client().get('/x').then(() => { throw new Error('no problem'); }, (error: unknown) => {
    if (error instanceof CliProblem) return error;
    throw error;
  });
}

describe('talking to the API', () => {
  it('sends the key and JSON, and answers the body', async () => {
    answer = { status: 201, body: '{"id":1}' };
    expect((await client().send({ method: 'POST', path: '/x', body: { a: 1 } })).body).toEqual({ id: 1 });
    expect(seen).toEqual({ authorization: 'Bearer k', body: '{"a":1}' });
  });

  it('tells every problem of a refused input, as usage', async () => {
    const errors = [{ path: 'request.port', value: 70_000, limit: 65_535, message: 'request.port: 70000 is above 65535' }, { path: 'name', message: 'is missing' }];
    const problem = await problemWith(400, { statusCode: 400, message: '2 problems: …', errors });
    expect([problem.exitCode, problem.message, problem.details.map(({ message }) => message)]).toEqual([2, '2 problems', ['request.port: 70000 is above 65535', 'name: is missing']]);
    expect(problem.details[0]).toMatchObject({ path: 'request.port', value: 70_000, limit: 65_535 });
  });

  it.each([
    [401, 'this API key is not valid', 77, 'this API key is not valid. Check SONDE_API_KEY, or SONDE_DATA_DIR if the key is kept there.'],
    [403, 'needs the scope checks:write', 77, 'needs the scope checks:write'],
    [404, 'the check x does not exist', 1, 'the check x does not exist'],
    [409, 'is taken', 1, 'is taken'],
    [503, 'no agent is connected', 1, 'no agent is connected'],
  ])('%d exits by its meaning', async (status, message, exitCode, shown) => {
    const problem = await problemWith(status, { statusCode: status, message, errors: [] });
    expect([problem.exitCode, problem.message]).toEqual([exitCode, shown]);
  });

  it('says something useful about an answer that is not the API\'s', async () => {
    expect((await problemWith(502, '<html>Bad Gateway</html>')).message).toMatch(/^the API at http:.* answered 502$/);
  });

  it('that is not there is unreachable', async () => {
    const gone = client();
    await new Promise((resolve) => { server.close(resolve); });
    await expect(gone.get('/x')).rejects.toMatchObject({ exitCode: 69, message: expect.stringMatching(/cannot be reached: the connection was refused\. Start it with `npm start`/) });
  });
});
