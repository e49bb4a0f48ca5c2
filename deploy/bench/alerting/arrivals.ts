/** A webhook's other end that stamps what arrives, before it reads what it is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Arrival = { readonly atMs: number; readonly deliveryId: string; readonly kind: string; readonly checkId: string | null };
export type Arrivals = { readonly url: string; readonly rawUrl: string; readonly notices: readonly Arrival[]; close(): Promise<void> };

export async function openArrivals(): Promise<Arrivals> {
  const notices: Arrival[] = [];
  const server = createServer((request, response) => {
    const atMs = performance.timeOrigin + performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/notices') {
        const { data } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { data: { kind: string; check: { id: string } | null } };
        notices.push({ atMs, deliveryId: String(request.headers['webhook-id']), kind: data.kind, checkId: data.check?.id ?? null });
      }
      response.writeHead(204, { 'arrived-at': String(atMs) }).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${at}/notices`, rawUrl: `${at}/raw`, notices,
    close: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}
