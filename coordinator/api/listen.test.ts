import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, ListenError } from './listen.ts';
import { anApi } from './testing/api-for-tests.ts';

describe('opening the HTTP door', () => {
  let other: Server;

  beforeEach(async () => {
    other = createServer();
    await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve); });
  });
  afterEach(async () => {
    await new Promise((resolve) => { other.close(resolve); });
  });

  it('takes a free port when asked for port 0 and says where it is', async () => {
    const { app } = anApi();
    const { url, port } = await listen(app, { host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${url}/healthz`);
    expect([url, answer.status]).toEqual([`http://127.0.0.1:${port}`, 200]);
    await app.close();
  });

  it('says in a sentence that the port is taken, and what to set', async () => {
    const { app } = anApi();
    const { port } = other.address() as AddressInfo;
    const failure = await listen(app, { host: '127.0.0.1', port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect((failure as Error).message).toBe(
      `cannot listen for HTTP on 127.0.0.1 port ${port}: the port is already taken; stop what uses it or set SONDE_HTTP_PORT to another`,
    );
    await app.close();
  });

  it('says in a sentence that the address is not of this machine', async () => {
    const { app } = anApi();
    const failure = await listen(app, { host: '192.0.2.1', port: 0 }).catch((error: unknown) => error);
    expect((failure as Error).message).toContain('this machine has no such address');
    await app.close();
  });
});
