/** What a variable's text may be. Each message completes "it must be …". */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { CidrList } from '../net/cidr.ts';
import { parseCidrList } from '../net/parse-cidrs.ts';
import { Secret } from './secret.ts';

export type Endpoint = { readonly host: string; readonly port: number };

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const text = (): z.ZodType<string, string> => z.string();

/** A port, or 0 for any free one. */
export const portOrAny = (): z.ZodType<number, string> => integer(0, 65_535, 'a port from 1 to 65535, or 0 for any free one');

export function integer(from: number, to: number, words = `a whole number from ${from} to ${to}`): z.ZodType<number, string> {
  return parsed(words, (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
    return value >= from && value <= to ? value : undefined;
  });
}

/** An amount of money or the like, with up to four decimals. */
export const amount = (): z.ZodType<number, string> =>
  parsed('an amount such as 2 or 1.50', (given) => (/^\d{1,9}(\.\d{1,4})?$/.test(given) ? Number(given) : undefined));

/** `90s`, `30m`, `24h` or `7d`, as ms. */
export function duration(fromMs: number, toMs: number, words: string): z.ZodType<number, string> {
  return parsed(words, (given) => {
    const match = /^(\d{1,9})(s|m|h|d)$/.exec(given);
    const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
    return ms >= fromMs && ms <= toMs ? ms : undefined;
  });
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const flag = (): z.ZodType<boolean, string> =>
  parsed('0 or 1', (given) => ({ 0: false, 1: true, false: false, true: true })[given.toLowerCase()]);

export function oneOf<const T extends string>(choices: readonly T[]): z.ZodType<T, string> {
  return parsed(`one of ${choices.join(', ')}`, (given) => choices.find((choice) => choice === given.toLowerCase()));
}

/** A host name or an address literal to listen on or to call. */
export const host = (): z.ZodType<string, string> =>
  parsed('a host name or an IP address, without scheme and port', (given) => (isHost(given) ? given : undefined));

/** `host:port`, `[v6]:port`. */
export const hostAndPort = (): z.ZodType<Endpoint, string> => parsed('host:port', parseEndpoint);

/** Up to `max` of `host:port`, separated by commas. */
export const hostsAndPorts = (max: number): z.ZodType<readonly Endpoint[], string> => parsed(`host:port, or up to ${max} of them separated by commas`, (given) => {
  const all = given.split(',').map((one) => parseEndpoint(one.trim()));
  return all.length <= max && all.every((one) => one !== undefined) ? all : undefined;
});

export const httpUrl = (): z.ZodType<string, string> =>
  parsed('an http:// or https:// address', (given) => (
    URL.canParse(given) && /^https?:$/.test(new URL(given).protocol) ? given.replace(/\/+$/, '') : undefined
  ));

/** A CONNECT proxy; `credentials` is `user:password`, decoded. */
export type HttpProxy = Endpoint & { readonly credentials: Secret | null };

export const httpProxy = (): z.ZodType<HttpProxy, string> =>
  parsed('an address such as http://proxy.example:3128 or http://user:password@proxy.example:3128', (given) => {
    const url = URL.parse(given);
    if (url?.protocol !== 'http:' || url.pathname.length > 1 || url.search !== '' || url.hash !== '') return undefined;
    const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const credentials = url.username === '' ? null : decoded(`${url.username}${url.password === '' ? '' : `:${url.password}`}`);
    if (credentials === undefined || !isHost(name)) return undefined;
    return { host: name, port: url.port === '' ? 80 : Number(url.port), credentials: credentials === null ? null : new Secret(credentials) };
  });

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As it is written: an issuer with a slash at its end is another one. */
export const issuerUrl = (): z.ZodType<string, string> =>
  parsed('an http:// or https:// address without query and fragment', (given) => {
    const url = URL.parse(given);
    return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' ? given : undefined;
  });

export const uuid = (): z.ZodType<string, string> =>
  parsed('a UUID', (given) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(given) ? given.toLowerCase() : undefined));

/** Domains of addresses, with commas between; in lower case. */
export const domainNames = (): z.ZodType<readonly string[], string> => parsed('domains such as example.com, with commas between', (given) => {
  const all = given.split(',').map((one) => one.trim().toLowerCase());
  return all.every((one) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(one)) ? all : undefined;
});

export const postgresUrl = (): z.ZodType<Secret, string> =>
  parsed('a postgres:// address such as postgres://user:password@host:5432/database', (given) => (
    URL.canParse(given) && /^postgres(ql)?:$/.test(new URL(given).protocol) ? new Secret(given) : undefined
  ));

export const smtpUrl = (): z.ZodType<Secret, string> =>
  parsed('an smtp:// or smtps:// address such as smtp://user:password@mail.example:587', (given) => (
    /^smtps?:\/\/.+/.test(given) && URL.canParse(given) ? new Secret(given) : undefined
  ));

/** Networks such as `10.0.0.0/8, ::1/128`; a lone address is its own network. */
export const networks = (): z.ZodType<CidrList, string> => z.string().transform((given, context) => {
  const parsed = parseCidrList(given);
  if (parsed.ok) return parsed.list;
  context.addIssue({ code: 'custom', message: `networks such as 10.0.0.0/8,::1/128 (${parsed.problems.join('; ')})` });
  return z.NEVER;
});

/** A token of at least 16 printable characters without spaces. */
export const token = (): z.ZodType<Secret, string> =>
  parsed('at least 16 letters, digits or signs without spaces', (given) => (
    /^[!-~]{16,512}$/.test(given) ? new Secret(given) : undefined
  ));

/** 32 bytes, as 64 hexadecimal digits or as base64. */
export const keyOf32Bytes = (): z.ZodType<Secret<Uint8Array>, string> =>
  parsed('32 bytes, written as 64 hexadecimal digits or as base64', (given) => {
    const bytes = /^[0-9a-f]{64}$/i.test(given) ? Buffer.from(given, 'hex')
      : /^[A-Za-z0-9+/]{43}=$/.test(given) ? Buffer.from(given, 'base64') : undefined;
    return bytes === undefined ? undefined : new Secret<Uint8Array>(new Uint8Array(bytes));
  });

/** Several of them, with commas between. */
export const keysOf32Bytes = (): z.ZodType<readonly Secret<Uint8Array>[], string> =>
  parsed('keys of 32 bytes, each 64 hexadecimal digits or base64, with commas between', (given) => {
    const keys = given.split(',').map((one) => keyOf32Bytes().safeParse(one.trim()).data);
    return keys.every((key) => key !== undefined) ? keys : undefined;
  });

/** `host:port` with an IPv6 literal in brackets; undefined when it is not that. */
export function parseEndpoint(given: string): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(given);
  if (!match) return undefined;
  const [, inBrackets, plain, digits] = match;
  const name = inBrackets ?? plain ?? '';
  const number = Number(digits);
  if (inBrackets !== undefined && isIP(inBrackets) !== 6) return undefined;
  return isHost(name) && number >= 1 && number <= 65_535 ? { host: name, port: number } : undefined;
}

/** Does the name stand for this machine only, whatever a resolver says? */
export function isLoopbackHost(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function isHost(name: string): boolean {
  if (isIP(name) !== 0) return true;
  return name.length <= 253 && name.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)) && !/^[\d.]+$/.test(name);
}

function parsed<T>(limit: string, parse: (given: string) => T | undefined): z.ZodType<T, string> {
  return z.string().transform((given, context) => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: limit });
    return z.NEVER;
  });
}
