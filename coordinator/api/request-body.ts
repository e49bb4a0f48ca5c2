import { Transform, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { problemAt } from '#shared/check/problem.ts';
import { ApiError } from './api-error.ts';

/** A body, and what a compressed body inflates to, is at most this. */
export const BODY_BYTES_MAX = 1024 * 1024;

/** Bodies are JSON, plain or gzip; both are capped by what they are, not by what they claim. */
export function acceptJsonBodies(app: FastifyInstance): void {
  // 'error': a body with __proto__ or constructor.prototype is refused, not cleaned.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, (request, body, done) => {
    // Some clients send a content-type and no body with DELETE or "run now".
    if (body.length === 0) return done(null, undefined);
    return parse(request, body as string, (error, value) => {
      if (error) done(notJson(body as string), undefined);
      else done(null, value);
    });
  });
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (encoding === 'identity') return payload;
    if (encoding === 'gzip' || encoding === 'x-gzip') return inflated(payload);
    throw new ApiError(415, 'a body may be plain or gzip; this content-encoding is not known');
  });
}

/** Inflates while counting, so that a small bomb never becomes a large buffer. */
function inflated(source: Readable): Readable {
  let encodedBytes = 0;
  let decodedBytes = 0;
  const gunzip = createGunzip();
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      decodedBytes += chunk.length;
      callback(decodedBytes > BODY_BYTES_MAX ? tooLarge() : null, chunk);
    },
  });
  // fastify compares this with Content-Length.
  Object.defineProperty(counted, 'receivedEncodedLength', { get: () => encodedBytes });
  const fail = (error: Error): void => {
    source.unpipe(gunzip);
    // The rest is thrown away, so that the answer can be read; the request timeout bounds how long.
    source.resume();
    gunzip.destroy();
    counted.destroy(error);
  };
  source.on('data', (chunk: Buffer) => { encodedBytes += chunk.length; });
  source.on('error', fail);
  gunzip.on('error', () => fail(new ApiError(400, 'the body is not valid gzip')));
  counted.on('error', fail);
  source.pipe(gunzip).pipe(counted);
  return counted;
}

function tooLarge(): ApiError {
  return new ApiError(413, 'the body is larger than 1 MiB once it is inflated', { headers: { connection: 'close' } });
}

/** V8's own words quote the body, which may hold a secret: only the place is told. */
function notJson(body: string): ApiError {
  let place = '';
  try {
    JSON.parse(body);
  } catch (error) {
    const at = error instanceof Error ? /\(line (\d+) column (\d+)\)/.exec(error.message) : null;
    if (at) place = `: line ${at[1]}, column ${at[2]}`;
  }
  const message = `the body is not valid JSON${place}`;
  return new ApiError(400, message, { problems: [problemAt('', null, 'a JSON document', message)] });
}
