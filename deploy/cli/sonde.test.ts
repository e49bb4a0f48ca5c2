import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, sondeProcess } from './testing/run-sonde.ts';

let dir: string;
let echo: Server;
let port: number;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-cli-'));
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => { echo.listen(0, '127.0.0.1', resolve); });
  ({ port } = echo.address() as AddressInfo);
});
afterAll(() => { echo.close(); rmSync(dir, { recursive: true }); });

const sonde = (args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> => sondeProcess(dir, args, env, input);

describe('the exit code of sonde', { timeout: 30_000 }, () => {
  it('is 0 for help, which documents the others', async () => {
    const { code, out, err } = await sonde(['--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Exit codes:[\s\S]*69[\s\S]*77/);
  });

  it.each([
    [['bogus'], 2, "unknown command 'bogus'"],
    [['checks', 'list', '--bogus'], 2, "unknown option '--bogus'"],
    [['run'], 2, "missing required argument 'host:port'"],
    [['run', 'localhost'], 2, "'localhost' has no port"],
    [['run', '127.0.0.1:70000'], 2, "'127.0.0.1:70000': the port '70000' is not a number from 1 to 65535"],
    [['run', '127.0.0.1:1', '--match', '('], 2, 'regular expression'],
    [['coordinator'], 2, 'DATABASE_URL is not set'],
    [['agent'], 2, 'SONDE_COORDINATOR is not set'],
    [['checks', 'list'], 77, 'no API key'],
  ])('of %j is %d, with one sentence and no stack', async (args, code, sentence) => {
    const ended = await sonde(args);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toContain(sentence);
    expect(ended.err).not.toMatch(/^\s+at /m);
  });

  it('of an agent that never enrolled is 2 without a location key, and it leaves nothing behind', async () => {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const ended = await sonde(['agent'], { SONDE_COORDINATOR: '127.0.0.1:1', SONDE_DATA_DIR: join(dir, 'no-agent') });
      expect(ended).toMatchObject({ code: 2, out: '' });
      expect(ended.err).toContain('SONDE_LOCATION_KEY');
    }
  });

  it('is 69 when the API is away, and the error is JSON when JSON was asked for', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => { closed.listen(0, '127.0.0.1', resolve); });
    const { port: closedPort } = closed.address() as AddressInfo;
    await new Promise((resolve) => { closed.close(resolve); });
    const ended = await sonde(['checks', 'list', '--json'], { SONDE_API_KEY: 'a'.repeat(20), SONDE_API_URL: `http://127.0.0.1:${closedPort}` });
    expect(ended).toMatchObject({ code: 69, err: '' });
    expect(JSON.parse(ended.out)).toMatchObject({ error: { exitCode: 69, message: expect.stringContaining('the connection was refused') } });
  });

  it('of config is 2 with a value that cannot be used, and a warning names what nobody reads', async () => {
    const ended = await sonde(['config', '--json'], { SONDE_HTTP_PORT: '70000', SONDE_HTP_PORT: '1', SONDE_API_KEY: 'hunter2hunter2hunter2' });
    expect(ended.code).toBe(2);
    expect(ended.err).toContain('did you mean SONDE_HTTP_PORT?');
    expect(JSON.parse(ended.out)).toContainEqual(expect.objectContaining({ variable: 'SONDE_HTTP_PORT', value: '70000', problem: expect.stringContaining('65535') }));
    expect(ended.out).not.toContain('hunter2');
  });
});

describe('sonde run', { timeout: 30_000 }, () => {
  it('passes against a service that says what is expected', async () => {
    const { code, out, err } = await sonde(['run', `127.0.0.1:${port}`, '--send', 'PING\\r\\n', '--format', 'escaped', '--expect', 'PING', '--match', '^P']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/✓ passed {2}127\.0\.0\.1:\d+/);
    expect(out).toMatch(/connect +[\d,]+ µs/);
    expect(out).toContain("✓ RESPONSE_DATA CONTAINS 'PING'");
  });

  it('is 1 where the answer is another, and says in JSON what came', async () => {
    const { code, out } = await sonde(['run', `127.0.0.1:${port}`, '--send', 'PING', '--expect', 'PONG', '--max', '300', '--json']);
    expect(code).toBe(1);
    const { assertions, timings } = JSON.parse(out) as { assertions: unknown; timings: Record<string, number> };
    expect(assertions).toEqual([expect.objectContaining({ target: 'PONG', passed: false, actual: 'PING' })]);
    const { dnsUs = 0, connectUs = 0, tlsUs = 0, sendUs = 0, firstByteUs = 0, dataUs = 0, totalUs } = timings;
    expect(dnsUs + connectUs + tlsUs + sendUs + firstByteUs + dataUs).toBe(totalUs);
  });

  it('is 0 for a port that should be closed and is, and 1 when it is open', async () => {
    expect((await sonde(['run', '127.0.0.1:1', '--should-fail'])).code).toBe(0);
    expect((await sonde(['run', `127.0.0.1:${port}`, '--should-fail'])).code).toBe(1);
  });

  it('is 3 for an address that nobody may dial', async () => {
    const { code, out } = await sonde(['run', '0.0.0.0:80']);
    expect(code).toBe(3);
    expect(out).toContain('denied');
  });
});
