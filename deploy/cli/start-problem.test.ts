import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startProblem, type StartFacts } from './start-problem.ts';

const facts: StartFacts = { database: 'postgres://me:redacted@db/x', listeners: [{ host: '127.0.0.1', port: 8080, variable: 'SONDE_HTTP_PORT' }] };

function withCode(code: string): Error {
  return Object.assign(new Error('raw words of a library'), { code });
}

describe('a server that cannot start', () => {
  it.each([
    [withCode('ECONNREFUSED'), 69, 'the database postgres://me:redacted@db/x cannot be used: the connection was refused. Check DATABASE_URL.'],
    [new AggregateError([withCode('ECONNREFUSED')]), 69, 'the database postgres://me:redacted@db/x cannot be used: the connection was refused. Check DATABASE_URL.'],
    [new Error('migrating', { cause: withCode('28P01') }), 69, 'the database postgres://me:redacted@db/x cannot be used: the password is not accepted. Check DATABASE_URL.'],
    [new Error('a sentence of its own'), 1, 'a sentence of its own'],
    ['not even an error', 1, 'not even an error'],
  ])('%s', (error, exitCode, message) => {
    expect(startProblem(error, facts)).toMatchObject({ exitCode, message });
  });

  it('because its port is taken names the setting', async () => {
    const first = createServer();
    await new Promise<void>((resolve) => { first.listen(0, '127.0.0.1', resolve); });
    const { port } = first.address() as AddressInfo;
    const error = await new Promise<unknown>((resolve) => { createServer().once('error', resolve).listen(port, '127.0.0.1'); });
    first.close();
    const problem = startProblem(error, { listeners: [...facts.listeners, { host: '127.0.0.1', port, variable: 'SONDE_FLEET_PORT' }] });
    expect([problem.exitCode, problem.message]).toEqual([2, `port ${port} on 127.0.0.1 is already taken. Choose another one with SONDE_FLEET_PORT.`]);
  });
});
