/** Every list and chart of the API, as a dashboard asks for them. */
import { Agent, request } from 'node:http';
import type { Past } from './generate.ts';

const DAY_MS = 86_400_000;

export type Endpoint = {
  readonly name: string;
  /** The question number `n`: another check each time, so that no answer is kept from the one before. */
  question(n: number): { readonly path: string; readonly body?: unknown };
};

export function endpointsOf({ checkIds, fromMs, toMs }: Past): readonly Endpoint[] {
  const check = (n: number): string => checkIds[(n * 7_919) % checkIds.length]!;
  // Ends with the rows, so that whole ranges are read, and not the empty hours since.
  const last = (days: number): string => `from=${new Date(Math.max(fromMs, toMs - days * DAY_MS)).toISOString()}&to=${new Date(toMs).toISOString()}`;
  const get = (name: string, path: (n: number) => string): Endpoint => ({ name, question: (n) => ({ path: path(n) }) });
  const metrics = 'metrics=availability,reachability,total_avg,total_p50,total_p95,total_p99,connection_p95';
  const manyBelow = (n: number): number => checkIds.length - (n % 200);
  return [
    // The least there is: a key, and one row. What this takes at the 99th percentile is the machine's and Node's own.
    get('nothing but who asks', () => '/v1/accounts/me'),
    get('checks, page of 100', (n) => `/v1/checks?limit=100&page=${1 + n % Math.ceil(checkIds.length / 100)}`),
    get('overview 24 h, page of 50', () => '/v1/checks/overview?range=24h'),
    get('overview 30 d, page of 50', () => '/v1/checks/overview?range=30d'),
    get('summary 24 h, all checks, kept', () => '/v1/checks/summary?range=24h'),
    // Asked for another number of checks each time, so that it is computed each time.
    get('summary 24 h, all checks, computed', (n) => `/v1/checks/summary?range=24h&limit=${manyBelow(n)}`),
    get('summary 7 d, all checks, computed', (n) => `/v1/checks/summary?range=7d&limit=${manyBelow(n)}`),
    get('summary 30 d, all checks, computed', (n) => `/v1/checks/summary?range=30d&limit=${manyBelow(n)}`),
    get('summary 30 d, page of 100, computed', (n) => `/v1/checks/summary?range=30d&limit=${100 - n % 20}&page=${1 + n % 10}`),
    get('series 24 h', (n) => `/v1/checks/${check(n)}/series?${last(1)}`),
    get('series 7 d', (n) => `/v1/checks/${check(n)}/series?${last(7)}`),
    get('series 30 d', (n) => `/v1/checks/${check(n)}/series?${last(30)}`),
    get('analytics 24 h by hour', (n) => `/v1/analytics/tcp-checks/${check(n)}?${metrics}&${last(1)}&aggregationInterval=60`),
    get('analytics 30 d by location', (n) => `/v1/analytics/tcp-checks/${check(n)}?${metrics}&${last(30)}&groupBy=runLocation`),
    get('analytics 24 h of failures (from rows)', (n) => `/v1/analytics/tcp-checks/${check(n)}?metrics=total_avg,total_p95&${last(1)}&filterByStatus=failure`),
    { name: 'analytics 30 d, 100 checks', question: (n) => ({ path: '/v1/analytics/checks', body: { checkIds: Array.from({ length: 100 }, (_, at) => check(n * 100 + at)).filter((id, at, all) => all.indexOf(id) === at), from: new Date(Math.max(fromMs, toMs - 30 * DAY_MS)).toISOString(), to: new Date(toMs).toISOString() } }) },
    get('reporting 30 d, a tenth by tag', (n) => `/v1/reporting?${last(30)}&filterByTags=team-${n % 10}`),
    get('reporting 24 h, all checks', () => `/v1/reporting?${last(1)}`),
    get('reporting 30 d, all checks', () => `/v1/reporting?${last(30)}`),
    get('results of a check, newest 50', (n) => `/v1/check-results/${check(n)}?limit=50`),
    get('results of a check, failures, newest 50', (n) => `/v1/check-results/${check(n)}?limit=50&hasFailures=true`),
    get('statuses, all checks', () => '/v1/check-statuses'),
    get('badge, availability', (n) => `/v1/badges/checks/${check(n)}?show=availability`),
    get('usage', () => '/v1/usage/summary'),
    get('usage series', () => '/v1/usage/series'),
  ];
}

export type Answer = { readonly status: number; readonly tookMs: number; readonly bytes: number };

/** Below what a key may ask in a minute (checkly-api.md §8). */
const ASKED_WITH_A_KEY = 550;

/** One connection that is kept, as a browser keeps it, with one key after the other. The whole answer has come when it counts as answered. */
export class Caller {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #at: { readonly port: number; readonly keys: readonly string[] };
  #asked = 0;

  constructor(at: { readonly port: number; readonly keys: readonly string[] }) {
    this.#at = at;
  }

  ask({ path, body }: ReturnType<Endpoint['question']>): Promise<Answer & { readonly text: string }> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const key = this.#at.keys[Math.floor(this.#asked / ASKED_WITH_A_KEY) % this.#at.keys.length]!;
    this.#asked += 1;
    return new Promise((resolve, reject) => {
      const startedMs = performance.now();
      request({
        agent: this.#agent, host: '127.0.0.1', port: this.#at.port, path, method: payload === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${key}`, ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }) },
      }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - startedMs, bytes: all.length, text: all.toString() });
        });
      }).on('error', reject).end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
