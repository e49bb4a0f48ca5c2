import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What answers on a path; null: not here. */
export type Handler = (url: URL, request: IncomingMessage) => Promise<HttpAnswer> | HttpAnswer;
export type HttpAnswer = { readonly status: number; readonly type: string; readonly body: string };

const HEADERS_WITHIN_MS = 5_000;
const REQUEST_WITHIN_MS = 30_000;
const CONNECTIONS_MAX = 256;

/** The agent's own door: `/metrics`, `/healthz`, `/readyz` and what else is given. Port 0 takes any free one. */
export async function openHttpServer(
  at: { readonly host: string; readonly port: number; readonly variable: string }, routes: ReadonlyMap<string, Handler>,
): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => void answer(request, response, routes));
  server.headersTimeout = HEADERS_WITHIN_MS;
  server.requestTimeout = REQUEST_WITHIN_MS;
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, at);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    port,
    url: `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, routes: ReadonlyMap<string, Handler>): Promise<void> {
  const send = ({ status, type, body }: HttpAnswer): void => {
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  try {
    const url = new URL(request.url ?? '/', 'http://agent');
    const handler = routes.get(url.pathname);
    if (!handler) return send(text(404, `nothing here; try ${[...routes.keys()].join(', ')}\n`));
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(text(405, 'only GET is answered here\n'));
    send(await handler(url, request));
  } catch {
    send(text(500, 'the agent had an error of its own while answering\n'));
  }
}

export function text(status: number, body: string): HttpAnswer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

export function json(status: number, body: unknown): HttpAnswer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(body)}\n` };
}

function listen(server: Server, { host, port, variable }: { host: string; port: number; variable: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `the port is taken; choose another with ${variable}` : error.message;
      reject(new Error(`cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen({ host, port }, () => { server.removeAllListeners('error'); resolve(); });
  });
}
