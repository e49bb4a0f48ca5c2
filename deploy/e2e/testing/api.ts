/** The REST API as a stranger's client sees it: status and body, nothing interpreted. */
export type Answer = { readonly status: number; readonly body: unknown };

const ANSWER_WITHIN_MS = 30_000;

export class Api {
  readonly url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.#key = key;
  }

  async send(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** The body of a success; throws what the API said otherwise. */
  async must<T = Record<string, unknown>>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }
}

/** What a POST of a check needs, with one changed fact at a time: every 10 s, the answer to PING is PONG. */
export function aCheckBody(port: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: `port ${port}`, frequency: 0, frequencyOffset: 10, runParallel: false, locations: ['loc-1'], maxResponseTime: 5_000,
    request: {
      hostname: '127.0.0.1', port, data: 'PING\\r\\n', dataFormat: 'escaped',
      assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'PONG' }],
    },
    ...changes,
  };
}
