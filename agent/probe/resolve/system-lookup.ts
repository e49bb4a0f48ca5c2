import { lookup } from 'node:dns';
import type { IpFamily } from '#shared/check/check.ts';
import { answerOfAddresses, answerOfErrorCode, type Answer } from './answer.ts';

/** One `getaddrinfo`; cannot be stopped once begun. Never rejects. */
export type SystemLookup = (hostname: string, family: IpFamily) => Promise<Answer>;

/** getaddrinfo runs in libuv's pool of four threads; more lookups would only wait there, uncounted. */
export const SYSTEM_FLIGHT_MAX = 4;

export const systemLookup: SystemLookup = (hostname, family) =>
  new Promise((resolve) => {
    lookup(hostname, { all: true, family: family === 'IPv4' ? 4 : 6, order: 'verbatim' }, (error, found) => {
      if (error) resolve(answerOfErrorCode(error.code ?? 'UNKNOWN'));
      else resolve(answerOfAddresses(found.map(({ address }) => address), family));
    });
  });
