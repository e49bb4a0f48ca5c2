/** A webhook's other end: keeps which notice came, and how often (reliability.md I4–I6). */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SunkNotice = {
  readonly deliveryId: string;
  readonly kind: string;
  readonly isReminder: boolean;
  readonly alertId: string | null;
  readonly checkName: string | null;
  readonly atMs: number;
};

export type NoticeSink = { readonly url: string; readonly notices: readonly SunkNotice[]; close(): Promise<void> };

export async function openNoticeSink(): Promise<NoticeSink> {
  const notices: SunkNotice[] = [];
  const server = createServer((request, response) => {
    bodyOf(request).then((body) => {
      const { data: told } = JSON.parse(body) as { data: { kind: string; isReminder: boolean; alertId: string | null; check: { name: string } | null } };
      notices.push({ deliveryId: String(request.headers['webhook-id']), kind: told.kind, isReminder: told.isReminder, alertId: told.alertId, checkName: told.check?.name ?? null, atMs: Date.now() });
      response.writeHead(204).end();
    }).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`, notices,
    close: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
