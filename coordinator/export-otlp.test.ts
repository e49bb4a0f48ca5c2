import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { exportOtlp } from './export-otlp.ts';

async function aReceiver() {
  const bodies: Buffer[] = [];
  let heard = (): void => undefined;
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      heard();
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    next: () => new Promise<void>((resolve) => { heard = resolve; }), close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

function aRegistry(): Registry {
  const registry = new Registry();
  new Counter({ name: 'sonde_rows_total', help: 'Rows.', registers: [registry] }).inc(7);
  new Gauge({ name: 'sonde_partitions', help: 'Pieces.', labelNames: ['table'], registers: [registry] }).set({ table: 'results' }, 4);
  return registry;
}

describe('metrics by OTLP', () => {
  it('are sent with their names, labels and who sends them, and once more at the end', async () => {
    const receiver = await aReceiver();
    const first = receiver.next();
    const end = await exportOtlp(aRegistry(), { url: receiver.url, version: '1', instanceId: 'c-1', everyMs: 200 });
    await first;
    await end();
    const text = receiver.bodies.at(-1)!.toString('latin1');
    for (const part of ['sonde_rows_total', 'sonde_partitions', 'table', 'results', 'sonde-coordinator', 'c-1']) expect(text).toContain(part);
    await receiver.close();
  });

  it('are given up on quietly when nobody receives them', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => { server.close(resolve); });
    const end = await exportOtlp(aRegistry(), { url: `http://127.0.0.1:${port}/v1/metrics`, version: '1', instanceId: 'c-1' });
    await expect(end()).resolves.toBeUndefined();
  });
});
