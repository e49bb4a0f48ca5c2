import { CliProblem, isErrno, type ProblemDetail } from './cli-problem.ts';
import type { ApiAccess } from './cli-settings.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export type ApiAnswer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the API's address, with its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** Longer than the longest run (45 s and the way there and back). */
const ANSWER_TIMEOUT_MS = 60_000;

/** The REST API as its own users see it. Every failure is a CliProblem with a sentence and an exit code. */
export class ApiClient {
  readonly #access: ApiAccess;

  constructor(access: ApiAccess) {
    this.#access = access;
  }

  get url(): string {
    return this.#access.url;
  }

  /** Answers below 400; throws for all others. */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    const answer = await this.#fetch(request);
    if (answer.status >= 400) throw refusal(answer, this.#access.url);
    return answer;
  }

  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    return (await this.send({ method: 'GET', path, ...(signal ? { signal } : {}) })).body;
  }

  async #fetch(request: ApiRequest): Promise<ApiAnswer> {
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      const response = await fetch(`${this.#access.url}${request.path}`, {
        method: request.method,
        headers: {
          authorization: `Bearer ${this.#access.key}`,
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
        redirect: 'error',
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parsedBody(text) };
    } catch (error) {
      throw unreachable(this.#access.url, error);
    }
  }
}

function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function unreachable(url: string, error: unknown): CliProblem {
  const cause = error instanceof Error ? error.cause : undefined;
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  const code = isErrno(cause) ? cause.code ?? '' : '';
  const words = cause instanceof Error ? cause.message : String(error);
  const reason = isTimeout ? 'no answer in time' : REASONS[code] ?? words;
  return new CliProblem(EXIT.unreachable, `the API at ${url} cannot be reached: ${reason}. Start it with \`npm start\`, or set SONDE_API_URL to where it is.`, [], error);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name cannot be looked up',
  EHOSTUNREACH: 'the host is unreachable',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
};

/** The server's own words, and what they mean for the exit code. */
function refusal(answer: ApiAnswer, url: string): CliProblem {
  const body = asRecord(answer.body);
  const message = typeof body['message'] === 'string' ? body['message'] : `the API at ${url} answered ${answer.status}`;
  const details = Array.isArray(body['errors']) ? body['errors'].flatMap(detailOf) : [];
  if (answer.status === 401) return new CliProblem(EXIT.notAuthorised, `${message}. Check SONDE_API_KEY, or SONDE_DATA_DIR if the key is kept there.`);
  const [only] = details;
  const exitCode = exitCodeOf(answer.status);
  if (details.length > 1) return new CliProblem(exitCode, `${details.length} problems`, details);
  return new CliProblem(exitCode, exitCode === EXIT.usage && only ? only.message : message);
}

function exitCodeOf(status: number): ExitCode {
  if (status === 400 || status === 422) return EXIT.usage;
  return status === 403 ? EXIT.notAuthorised : EXIT.failed;
}

function detailOf(error: unknown): ProblemDetail[] {
  const record = asRecord(error);
  const path = typeof record['path'] === 'string' ? record['path'] : '';
  const text = typeof record['message'] === 'string' ? record['message'] : `${path || 'the request'} is not valid`;
  return [{ ...record, message: path === '' || text.includes(path.split('.').at(-1) ?? path) ? text : `${path}: ${text}` }];
}

/** An object's fields, or none: what comes over the network is looked at, not believed. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
