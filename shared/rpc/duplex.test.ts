import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { FleetClient, FleetService } from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { clientDuplex, serverDuplex, type Duplex } from './duplex.ts';

type ServerEnd = Duplex<pb.AgentMessage, pb.CoordinatorMessage>;

const opened: (() => void)[] = [];
afterEach(() => { for (const close of opened.splice(0).reverse()) close(); });

/** Both ends of one stream. */
async function aStream() {
  let gotStream: (stream: ServerEnd) => void;
  const arrived = new Promise<ServerEnd>((resolve) => { gotStream = resolve; });
  const server = new grpc.Server();
  server.addService(FleetService, {
    session: (call: grpc.ServerDuplexStream<pb.AgentMessage, pb.CoordinatorMessage>) => gotStream(serverDuplex(call)),
    results: () => {},
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => { if (error) reject(error); else resolve(bound); });
  });
  opened.push(() => server.forceShutdown());
  const client = new FleetClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  opened.push(() => client.close());
  const near = clientDuplex(client.session());
  await near.write({ message: { $case: 'goodbye', value: { lastSlotMs: 1n, reason: 'hello' } } });
  return { near, far: await arrived };
}

const until = (signal: AbortSignal) => new Promise<void>((resolve) => {
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
});

describe('a stream', () => {
  test.each(['near', 'far'] as const)('that the %s end breaks off is over at both', async (end) => {
    const stream = await aStream();
    stream[end].destroy();
    await Promise.all([until(stream.near.signal), until(stream.far.signal)]);
    expect([stream.near.cause(), stream.far.cause()]).not.toContain('open');
  });

  test('that is broken off twice, or after its end, is broken off once', async () => {
    const { near, far } = await aStream();
    far.end();
    far.destroy();
    far.destroy();
    await until(near.signal);
    near.destroy();
    expect(far.cause()).toBe('ended');
  });
});
