/** An HTTP server that logs what it was asked and answers as it is told, one answer after the other. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export type SinkAnswer =
  | { readonly do: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Takes the request in and never answers. */
  | { readonly do: 'hang' }
  /** Takes the request in and cuts the connection. */
  | { readonly do: 'eat' };

export type SinkRequest = { readonly method: string; readonly url: string; readonly headers: http.IncomingHttpHeaders; readonly body: string };

export type HttpSink = {
  readonly url: string;
  readonly port: number;
  readonly requests: SinkRequest[];
  /** What the next requests get, in order; after the last, `otherwise`. */
  readonly script: SinkAnswer[];
  close(): Promise<void>;
};

export const OK: SinkAnswer = { do: 'answer', status: 200, body: 'ok' };

/** `judge`: what a provider's documentation says of a request; its answer comes before the script's. */
export async function startHttpSink(options: { readonly tls?: { cert: string; key: string }; readonly otherwise?: SinkAnswer; readonly judge?: (request: SinkRequest) => SinkAnswer | null } = {}): Promise<HttpSink> {
  const requests: SinkRequest[] = [];
  const script: SinkAnswer[] = [];
  const onRequest: http.RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const seen: SinkRequest = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8') };
      requests.push(seen);
      const answer = options.judge?.(seen) ?? script.shift() ?? options.otherwise ?? OK;
      if (answer.do === 'hang') return;
      if (answer.do === 'eat') { request.socket.destroy(); return; }
      response.writeHead(answer.status, answer.headers ?? {}).end(answer.body ?? '');
    });
  };
  const server = options.tls ? https.createServer(options.tls, onRequest) : http.createServer(onRequest);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return {
    port, url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`, requests, script,
    close: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}
