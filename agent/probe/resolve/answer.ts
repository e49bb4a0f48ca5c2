import { isIPv4, isIPv6 } from 'node:net';
import type { IpFamily } from '#shared/check/check.ts';

/** What a name server, or the way to it, made of one question; before anybody is blamed for it. */
export type Answer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  /** NXDOMAIN. */
  | { readonly kind: 'noSuchName' }
  /** The name exists, but not with this type. */
  | { readonly kind: 'noData' }
  /** The name server, or the way to it, failed. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** Nothing that could be asked of a name server. */
  | { readonly kind: 'invalidName' }
  | { readonly kind: 'cancelled' }
  /** This machine could not even ask. */
  | { readonly kind: 'local'; readonly code: LocalCode; readonly detail: string };

export type LocalCode = 'EMFILE' | 'ENFILE' | 'ENOBUFS' | 'ENOMEM' | 'ERR_NO_ROUTE' | 'EADDRNOTAVAIL' | 'EACCES' | 'ERR_AGENT_INTERNAL';

/** `unreachable`: the system said at once that nothing listens there, or that there is no way to it. */
export type Trouble = 'servfail' | 'refused' | 'timeout' | 'badAnswer' | 'unreachable';

/** c-ares' and getaddrinfo's error codes as `node:dns` gives them. */
export function answerOfErrorCode(code: string): Answer {
  switch (code) {
    case 'ENOTFOUND':
      return { kind: 'noSuchName' };
    case 'ENODATA':
      return { kind: 'noData' };
    case 'EBADNAME':
    case 'EBADQUERY':
    case 'EBADSTR':
      return { kind: 'invalidName' };
    // FORMERR and NOTIMP are a server that cannot do its work, as SERVFAIL is; EAI_* come from getaddrinfo.
    case 'ESERVFAIL':
    case 'EFORMERR':
    case 'ENOTIMP':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
      return { kind: 'trouble', trouble: 'servfail' };
    case 'EREFUSED':
      return { kind: 'trouble', trouble: 'refused' };
    case 'ETIMEOUT':
    case 'ETIMEDOUT':
      return { kind: 'trouble', trouble: 'timeout' };
    case 'EBADRESP':
      return { kind: 'trouble', trouble: 'badAnswer' };
    case 'ECONNREFUSED':
      return { kind: 'trouble', trouble: 'unreachable' };
    case 'ECANCELLED':
      return { kind: 'cancelled' };
    case 'ENOMEM':
    case 'EAI_MEMORY':
      return { kind: 'local', code: 'ENOMEM', detail: code };
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
      return { kind: 'local', code, detail: code };
    default:
      return { kind: 'local', code: 'ERR_AGENT_INTERNAL', detail: code };
  }
}

/** Addresses are kept in the order they came; one that is no plain literal of the family spoils the answer. */
export function answerOfAddresses(addresses: readonly string[], family: IpFamily): Answer {
  if (addresses.length === 0) return { kind: 'noData' };
  if (!addresses.every((address) => isPlainLiteral(address, family))) return { kind: 'trouble', trouble: 'badAnswer' };
  return { kind: 'addresses', addresses };
}

/** A literal of this family without a zone id: an answer from afar cannot name a local interface. */
export function isPlainLiteral(address: string, family: IpFamily): boolean {
  return family === 'IPv4' ? isIPv4(address) : isIPv6(address) && !address.includes('%');
}

export function otherFamily(family: IpFamily): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}
