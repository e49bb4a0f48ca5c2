import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, errorBodyOf } from './api-error.ts';

/** Answers what never became a request: headers that are too large, too slow, or no HTTP at all. */
export function answerBrokenRequest(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const answer = apiErrorFor(code);
  const body = JSON.stringify(errorBodyOf(answer));
  socket.end([
    `HTTP/1.1 ${answer.statusCode} ${STATUS_CODES[answer.statusCode]}`,
    'content-type: application/json; charset=utf-8', `content-length: ${Buffer.byteLength(body)}`, 'connection: close', '', body,
  ].join('\r\n'));
}

function apiErrorFor(code: unknown): ApiError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT': return new ApiError(408, 'the request took too long to arrive');
    case 'HPE_HEADER_OVERFLOW': return new ApiError(431, 'the headers are larger than 16 KiB');
    default: return new ApiError(400, 'this is not a valid HTTP request; is it TLS sent to a plain port, or gRPC sent to the API?');
  }
}
