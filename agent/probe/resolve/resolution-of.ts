import type { FailureCode } from '#shared/run/failure.ts';
import { otherFamily, type Answer, type Trouble } from './answer.ts';
import type { NameQuery, Resolution } from './resolver.ts';

/** Why a lookup has no addresses, once it is known whose fault that is. */
export type NoAddresses =
  | Exclude<Answer, { kind: 'addresses' | 'trouble' }>
  /** The trouble is the target's, or that of the check's own server. */
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'resolverDown'; readonly trouble: Trouble }
  | { readonly kind: 'otherFamilyOnly' }
  | { readonly kind: 'literalOfOtherFamily' }
  | { readonly kind: 'queueFull' }
  | { readonly kind: 'overload' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'badServer' }
  | { readonly kind: 'egressDenied'; readonly reason: string | undefined };

/** `servers`: whom the lookup asked, for people. */
export function failedResolution(query: NameQuery, why: NoAddresses, servers: readonly string[], us: number): Resolution {
  return { ok: false, ...explain(query, why, `name server ${servers.join(', ')}`), us };
}

function explain(query: NameQuery, why: NoAddresses, server: string): { code: FailureCode; message: string } {
  const name = `'${query.hostname}'`;
  const other = otherFamily(query.family);
  const recordType = query.family === 'IPv4' ? 'A' : 'AAAA';
  switch (why.kind) {
    case 'noSuchName':
      return { code: 'ENOTFOUND', message: `${name} does not exist (NXDOMAIN)` };
    case 'invalidName':
      return { code: 'ENOTFOUND', message: `${name} is not a name that DNS can have` };
    case 'noData':
      return { code: 'ENODATA', message: `${name} exists but has no ${query.family} address (${recordType} record)` };
    case 'otherFamilyOnly':
      return { code: 'ERR_INVALID_IP_ADDRESS', message: `${name} has only ${other} addresses (${other === 'IPv4' ? 'A' : 'AAAA'} records); switch the IP family to ${other}` };
    case 'literalOfOtherFamily':
      return { code: 'ERR_INVALID_IP_ADDRESS', message: `${name} is an ${other} address; switch the IP family to ${other}` };
    case 'trouble':
      return { code: TROUBLE_CODES[why.trouble], message: `looking up ${name}: ${server} ${TROUBLE_WORDS[why.trouble]}` };
    case 'resolverDown':
      return { code: 'ERR_RESOLVER_DOWN', message: `looking up ${name}: the agent's own ${server} ${TROUBLE_WORDS[why.trouble]}, and for a control name too` };
    case 'queueFull':
      return { code: 'ERR_AGENT_INTERNAL', message: `looking up ${name}: the agent is overloaded, too many lookups wait already` };
    case 'overload':
      return { code: 'ERR_AGENT_INTERNAL', message: `looking up ${name}: the agent is overloaded, the lookup waited most of its ${query.timeoutMs} ms for its turn` };
    case 'local':
      return { code: why.code, message: `looking up ${name}: the agent's system could not ask (${why.detail})` };
    case 'cancelled':
      return { code: 'ERR_AGENT_INTERNAL', message: `looking up ${name} was cancelled` };
    case 'closed':
      return { code: 'ERR_AGENT_INTERNAL', message: `looking up ${name}: the agent is stopping` };
    case 'badServer':
      return { code: 'ERR_AGENT_INTERNAL', message: `looking up ${name}: the check's name server '${query.dnsServer}' is no address literal; write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53` };
    case 'egressDenied':
      return { code: 'ERR_EGRESS_DENIED', message: `the agent's egress policy does not allow the check's name server ${query.dnsServer}${why.reason ? ` (${why.reason})` : ''}` };
  }
}

const TROUBLE_CODES: Readonly<Record<Trouble, FailureCode>> = {
  servfail: 'ESERVFAIL',
  refused: 'EREFUSED',
  timeout: 'ETIMEOUT',
  badAnswer: 'EBADRESP',
  unreachable: 'ETIMEOUT',
};

const TROUBLE_WORDS: Readonly<Record<Trouble, string>> = {
  servfail: 'failed to answer (SERVFAIL)',
  refused: 'refused the query (REFUSED)',
  timeout: 'did not answer in time',
  badAnswer: 'sent an answer that cannot be read',
  unreachable: 'cannot be reached (nothing listens there, or no way leads there)',
};
