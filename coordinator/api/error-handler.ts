import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemAt } from '#shared/check/problem.ts';
import { ApiError, errorBodyOf, invalidInput } from './api-error.ts';

/** Answers any error, expected or not: never with a stack trace, never with what a driver or a library said. */
export function answerError(options: { ids: () => string }): (error: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (thrown, request, reply) => {
    const known = apiErrorOf(thrown);
    const error = known ?? unexpected(options.ids());
    if (known === null) request.log.error({ err: thrown, errorId: error.headers['x-error-id'], route: routeOf(request) }, 'the api failed unexpectedly');
    else if (error.statusCode >= 500 && error.cause !== undefined) request.log.warn({ err: error.cause, route: routeOf(request) }, error.message);
    reply.code(error.statusCode).headers(error.headers).type('application/json; charset=utf-8').send(JSON.stringify(errorBodyOf(error)));
  };
}

/** 404 for what no route answers; the query is not echoed, it may hold anything. */
export function noSuchRoute(request: FastifyRequest): ApiError {
  const path = request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
  return new ApiError(404, `there is no ${request.method} ${path}; what there is stands at /docs`);
}

function apiErrorOf(thrown: unknown): ApiError | null {
  if (thrown instanceof ApiError) return thrown;
  if (isBrokenBody(thrown)) return new ApiError(400, 'the body ended early');
  if (isBadCursor(thrown)) return invalidInput([problemAt('nextId', null, 'the nextId of an answer', thrown.message)]);
  if (isStoreTrouble(thrown)) {
    return new ApiError(503, 'the database does not answer just now; nothing is lost, try again in a few seconds', { headers: { 'retry-after': '5' }, cause: thrown });
  }
  const code = codeOf(thrown);
  return code === null ? null : fromFramework(code);
}

/** The connection broke while the body came in; fastify marks that as 400, which no driver does. */
const BROKEN_BODY_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

function isBrokenBody(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'statusCode' in thrown && thrown.statusCode === 400
    && BROKEN_BODY_CODES.has(codeOf(thrown) ?? '');
}

/** What the store says of a cursor that no answer gave. */
function isBadCursor(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.name === 'BadCursorError';
}

function fromFramework(code: string): ApiError | null {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': return new ApiError(413, 'the body is larger than 1 MiB', { headers: { connection: 'close' } });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(415, 'send the body as JSON, with the header content-type: application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH': return new ApiError(400, 'the body is not as long as its content-length says');
    case 'FST_ERR_BAD_URL': return new ApiError(400, 'the path is not a valid URL');
    case 'FST_ERR_MAX_PARAM_LENGTH': return new ApiError(414, 'the path is too long');
    default: return null;
  }
}

function unexpected(id: string): ApiError {
  return new ApiError(500, `something went wrong here; the log has the details under ${id}`, { headers: { 'x-error-id': id } });
}

/**
 * Postgres away, refusing, full, read-only or too slow: the caller may try again (reliability.md F3, F9, F10).
 * Codes of node and SQLSTATEs; `kind: 'unavailable'` is what the store says of itself.
 */
const TROUBLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH',
  '57P01', '57P02', '57P03', '57014', '55P03', '25006', '25P03', '28000', '28P01', '3D000', '40001', '40P01', '53000', '53100', '53200', '53300',
]);

/** pg gives a connection that is cut, or not to be had, neither code nor type: these are its very words. */
const TROUBLE_WORDS: ReadonlySet<string> = new Set([
  'Connection terminated', 'Connection terminated unexpectedly', 'Connection terminated due to connection timeout', 'timeout expired',
  'timeout exceeded when trying to connect', 'Query read timeout', 'Client was closed and is not queryable',
  'Client has encountered a connection error and is not queryable', 'Cannot use a pool after calling end on the pool',
]);
const CAUSES_MAX = 5;

function isStoreTrouble(thrown: unknown): boolean {
  let error = thrown;
  for (let depth = 0; depth < CAUSES_MAX && typeof error === 'object' && error !== null; depth += 1) {
    if ('kind' in error && error.kind === 'unavailable') return true;
    const code = codeOf(error);
    if (code !== null && (TROUBLE_CODES.has(code) || /^08[0-9A-Z]{3}$/.test(code))) return true;
    if (error instanceof Error && TROUBLE_WORDS.has(error.message)) return true;
    if (error instanceof AggregateError && error.errors.some(isStoreTrouble)) return true;
    error = 'cause' in error ? error.cause : null;
  }
  return false;
}

function codeOf(thrown: unknown): string | null {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? '(none)'}`;
}
