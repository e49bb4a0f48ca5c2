/** `sonde` in this process, on a real HTTP server that answers as a script says and keeps what it was asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sondeProgram } from './run-sonde.ts';

/** `status` left out: 200, or 204 without a body. */
export type Scripted = { readonly status?: number; readonly body?: unknown };

export type SondeOnScriptedApi = {
  /** `METHOD path body`, in order. */
  readonly asked: string[];
  sonde(...args: string[]): Promise<{ code: number | null; out: string }>;
  close(): void;
};

export async function sondeOnScriptedApi(script: (method: string, path: string) => Scripted): Promise<SondeOnScriptedApi> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [method, path] = [request.method ?? '', request.url ?? ''];
      asked.push([method, path, Buffer.concat(chunks).toString()].filter((part) => part !== '').join(' '));
      const { body, status = body === undefined ? 204 : 200 } = script(method, path);
      response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const env = { SONDE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, SONDE_API_KEY: 'sk_a-key-for-tests-1' };
  return {
    asked,
    async sonde(...args) {
      const { code, out, err } = await sondeProgram(args, env);
      return { code, out: out + err };
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
