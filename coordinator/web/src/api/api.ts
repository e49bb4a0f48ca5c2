import { ApiProblem, type FieldProblem } from './api-problem.ts';

/** An answer with what stands beside its body. */
export type Answer<T> = {
  readonly body: T;
  /** Of a list, from `content-range`; null where the API says none. */
  readonly total: number | null;
  /** For `ifMatch` of a later write. */
  readonly etag: string | null;
};

type Options = { readonly signal?: AbortSignal; readonly ifMatch?: string; readonly headers?: Readonly<Record<string, string>> };
type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The same public API as everybody's, with the session's cookie. Throws `ApiProblem`. */
export const api = {
  get: <T>(path: string, query: Query = {}, options: Options = {}): Promise<T> => ask<T>('GET', withQuery(path, query), undefined, options).then(({ body }) => body),
  /** As `get`, with the total of a list and the ETag. */
  read: <T>(path: string, query: Query = {}, options: Options = {}): Promise<Answer<T>> => ask<T>('GET', withQuery(path, query), undefined, options),
  post: <T>(path: string, body?: unknown, options: Options = {}): Promise<T> => ask<T>('POST', path, body, options).then((answer) => answer.body),
  put: <T>(path: string, body: unknown, options: Options = {}): Promise<T> => ask<T>('PUT', path, body, options).then((answer) => answer.body),
  patch: <T>(path: string, body: unknown, options: Options = {}): Promise<T> => ask<T>('PATCH', path, body, options).then((answer) => answer.body),
  delete: (path: string, options: Options = {}): Promise<void> => ask<void>('DELETE', path, undefined, options).then(() => undefined),
};

async function ask<T>(method: string, path: string, body: unknown, { signal, ifMatch, headers }: Options): Promise<Answer<T>> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new ApiProblem(0, 'The coordinator does not answer. It may be restarting: try again in a few seconds.');
  });
  const text = await response.text();
  const parsed: unknown = text === '' ? undefined : parse(text, response.status);
  if (!response.ok) throw problemOf(response.status, parsed);
  return {
    body: parsed as T,
    total: totalOf(response.headers.get('content-range')),
    etag: response.headers.get('etag'),
  };
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiProblem(status, `The answer is not JSON (status ${status}): is something else on the way to the coordinator?`);
  }
}

function problemOf(status: number, body: unknown): ApiProblem {
  const { message, errors } = (typeof body === 'object' && body !== null ? body : {}) as { message?: unknown; errors?: unknown };
  return new ApiProblem(
    status,
    typeof message === 'string' ? message : `The coordinator answered ${status}.`,
    Array.isArray(errors) ? errors as FieldProblem[] : [],
  );
}

function totalOf(contentRange: string | null): number | null {
  const total = contentRange === null ? undefined : /\/(\d+)$/.exec(contentRange)?.[1];
  return total === undefined ? null : Number(total);
}

function withQuery(path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') given.set(name, String(value));
  }
  return given.size === 0 ? path : `${path}?${given}`;
}
