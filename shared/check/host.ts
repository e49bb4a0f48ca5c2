import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';

export type Host =
  | { readonly kind: 'name' | 'ipv4' | 'ipv6'; readonly canonical: string }
  | { readonly kind: 'invalid'; readonly problem: string };

/** RFC 1035 §2.3.4, without the dot at the end. */
const NAME_CHARS_MAX = 253;
/** Room for a name in the user's own script, product.md §1. */
export const HOST_CHARS_MAX = 2_048;

/**
 * The one reading of a host. Spellings that another parser could read as another address (`0x7f.1`, `127.1`,
 * full-width digits, brackets, zones) are refused with what to write instead, because a policy that decides on one
 * reading and a socket that dials another is a hole (reliability.md).
 */
export function classifyHost(host: string): Host {
  if (isIPv4(host)) return { kind: 'ipv4', canonical: host };
  if (isIPv6(host)) return classifyIpv6(host);
  return structureProblem(host) ?? classifyName(host);
}

function classifyIpv6(host: string): Host {
  const zone = host.indexOf('%');
  if (zone >= 0) return invalid(`'${host}' has a zone id; write the address without it: ${host.slice(0, zone)}`);
  return { kind: 'ipv6', canonical: ipaddr.IPv6.parse(host).toString() };
}

/** What is more, or less, than a host. */
function structureProblem(host: string): Host | null {
  if (host === '') return invalid('the host is empty');
  if (host.length > HOST_CHARS_MAX) return invalid(`the host has ${host.length} characters, at most ${HOST_CHARS_MAX} are allowed`);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(host);
  if (scheme !== null) return invalid(`a host has no scheme; write only '${withoutPort(scheme[1] ?? '')}'`);
  if (host.includes('@')) return invalid('a host has no user or password');
  if (/[/?#]/.test(host)) return invalid(`a host has no path; write only '${host.replace(/[/?#].*$/su, '')}'`);
  if (/\s/u.test(host)) return invalid('a host has no spaces');
  const bracketed = /^\[([^\]]*)\](:\d*)?$/.exec(host);
  if (bracketed !== null) return invalid(`write the address without brackets${bracketed[2] ? ' and port' : ''}: ${bracketed[1]}`);
  if (/^[^:]*:\d*$/.test(host)) return invalid(`the port has its own field; write only '${withoutPort(host)}'`);
  if (/[:[\]%]/.test(host)) return invalid(`'${host}' is neither a DNS name nor an IP address`);
  return null;
}

function classifyName(host: string): Host {
  const nonAscii = /[^\x00-\x7f]/.test(host);
  // IDNA maps full-width letters, digits and dots to ASCII, so that one thing is shown and another dialled.
  const compatible = host.normalize('NFKC').replace(/[\u3002]/gu, '.');
  if (nonAscii && compatible !== host) return invalid(`'${host}' has characters that only look like others; write '${compatible}'`);
  const ascii = nonAscii ? domainToASCII(host) : host.toLowerCase();
  if (ascii === '') return invalid(`'${host}' is not a valid DNS name`);
  const labels = (ascii.endsWith('.') ? ascii.slice(0, -1) : ascii).split('.');
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) {
    return invalid(`'${host}' is not an IPv4 address in the usual form; write four numbers from 0 to 255, as in 192.0.2.1`);
  }
  const bad = labels.find((label) => !/^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label));
  if (bad !== undefined) {
    const why = bad === '' ? 'there is nothing between two dots' : bad.length > 63 ? `'${bad}' is longer than 63 characters` : `'${bad}' may have only letters, digits, '-' and '_', and no '-' at its ends`;
    return invalid(`'${host}' is not a valid DNS name: ${why}`);
  }
  if (labels.join('.').length > NAME_CHARS_MAX) return invalid(`a DNS name has at most ${NAME_CHARS_MAX} characters`);
  return { kind: 'name', canonical: ascii };
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}

function invalid(problem: string): Host {
  return { kind: 'invalid', problem };
}
