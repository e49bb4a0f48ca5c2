import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { CidrList } from '#shared/net/cidr.ts';
import { decideEgress } from '#shared/net/egress-policy.ts';
import { plainText } from '../neutral-text.ts';
import type { Answer, HttpRequest } from '../outgoing.ts';

export type GuardSettings = {
  /** Plain http, too? SONDE_WEBHOOK_ALLOW_HTTP. */
  readonly allowHttp: boolean;
  /** Networks beyond the public ones: SONDE_WEBHOOK_ALLOW_NETWORKS. */
  readonly allowNetworks: CidrList;
  /** PEM of authorities besides the system's. Left out: the system's alone. */
  readonly ca?: string;
  /** Left out: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly timeoutMs?: number;
};

export type SendHttp = (request: HttpRequest) => Promise<Answer>;

const TIMEOUT_MS = 15_000;
/** Of an answer this much is read, and the beginning of that kept; nobody needs the rest. */
const ANSWER_BYTES_MAX = 16_384;
const ANSWER_CHARS_KEPT = 2_000;

/**
 * One request, to an address that was looked up, decided on and then dialled as that literal (reliability.md,
 * Security): a name that answers differently a moment later changes nothing. No redirect is followed, no connection
 * kept. Never throws: what went wrong is the answer.
 */
export function guardedHttp(settings: GuardSettings): SendHttp {
  const resolve = settings.resolve ?? (async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address));
  return async (request) => {
    const url = URL.parse(request.url);
    if (!url || !/^https?:$/.test(url.protocol)) return refused('BAD_ADDRESS', 'the address is none: it must begin with https://');
    if (url.protocol === 'http:' && !settings.allowHttp && !request.isOperators) {
      return refused('EGRESS_DENIED', 'the address begins with http://: only https:// is sent to, unless the operator sets SONDE_WEBHOOK_ALLOW_HTTP=1');
    }
    const signal = AbortSignal.timeout(settings.timeoutMs ?? TIMEOUT_MS);
    try {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const addresses = isIP(host) !== 0 ? [host] : await untilAborted(resolve(host), signal);
      const decided = request.isOperators ? addresses[0] : addresses.find((address) => isAllowed(address, settings.allowNetworks));
      if (decided === undefined) return addresses.length === 0 ? noAddress(host) : deniedAddress(host, addresses[0] ?? '');
      return await exchange(request, url, { host, address: decided, signal, ca: settings.ca });
    } catch (error) {
      return failureOf(error, signal.aborted, url.hostname, settings.timeoutMs ?? TIMEOUT_MS);
    }
  };
}

function isAllowed(address: string, allowNetworks: CidrList): boolean {
  const ownAddresses = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map((one) => one.address.replace(/%.*$/, '')));
  return decideEgress(address, { kind: 'public', localAllow: allowNetworks, localDeny: [], serverAllow: [], serverDeny: [], ownAddresses }).allowed;
}

type Dial = { readonly host: string; readonly address: string; readonly signal: AbortSignal; readonly ca: string | undefined };

function exchange(request: HttpRequest, url: URL, { host, address, signal, ca }: Dial): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const sent = (isTls ? https : http).request({
      host: address, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port), path: `${url.pathname}${url.search}`, method: request.method,
      agent: false, signal, setHost: false,
      headers: {
        host: url.host, 'user-agent': 'Sonde', accept: '*/*', ...request.headers,
        ...(request.body === null ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
      },
      // A certificate is for the name, whatever address was dialled.
      ...(isTls ? { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' as const } : {}),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      const done = (): void => {
        resolve({
          kind: 'answered', status: response.statusCode ?? 0, statusText: plainText(response.statusMessage ?? '', 200), retryAfter: response.headers['retry-after'] ?? null,
          body: plainText(Buffer.concat(parts).toString('utf8'), ANSWER_CHARS_KEPT),
        });
        sent.destroy();
      };
      response.on('data', (part: Buffer) => {
        parts.push(part.subarray(0, ANSWER_BYTES_MAX - size));
        size += part.length;
        if (size >= ANSWER_BYTES_MAX) done();
      });
      response.on('end', done);
      // The status is said; a body that breaks off changes nothing about it.
      response.on('error', done);
      response.on('aborted', done);
    });
    sent.end(request.body ?? undefined);
  });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function failureOf(error: unknown, isTimeout: boolean, host: string, timeoutMs: number): Answer {
  if (isTimeout) return { kind: 'unanswered', code: 'TIMEOUT', message: `${host} did not answer within ${timeoutMs / 1000} s` };
  const { code = 'ERROR', message } = error as Error & { code?: string };
  const said = WORDS[code] ?? (/TLS|CERT|SSL|ERR_SSL|SELF_SIGNED|UNABLE_TO/.test(code) ? `its certificate or TLS is not accepted: ${plainText(message, 200)}` : plainText(message, 200));
  return { kind: 'unanswered', code, message: `${host}: ${said} (${code})` };
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name', EAI_AGAIN: 'the name could not be looked up', ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut before an answer came', EPIPE: 'the connection was cut before an answer came',
  ETIMEDOUT: 'the connection timed out', EHOSTUNREACH: 'there is no way to it', ENETUNREACH: 'there is no way to it',
};

function noAddress(host: string): Answer {
  return { kind: 'unanswered', code: 'ENOTFOUND', message: `${host}: there is no such name (ENOTFOUND)` };
}

function deniedAddress(host: string, address: string): Answer {
  const where = isIP(host) === 0 ? `${host} is at ${address}` : address;
  return refused('EGRESS_DENIED', `${where}, which is no public address; the operator can allow its network with SONDE_WEBHOOK_ALLOW_NETWORKS`);
}

function refused(code: string, message: string): Answer {
  return { kind: 'unanswered', code, message };
}
