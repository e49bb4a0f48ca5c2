import { addressBytes, type CidrList, parseCidr } from './cidr.ts';

export type ParsedCidrList =
  | { readonly ok: true; readonly list: CidrList }
  | { readonly ok: false; readonly problems: readonly string[] };

/** A list is searched from its beginning for every run; more than this is a typing error or wants a firewall. */
const CIDRS_MAX = 1_000;

/** SONDE_EGRESS_ALLOW, SONDE_EGRESS_DENY: networks or addresses, apart by commas, spaces or lines. */
export function parseCidrList(text: string): ParsedCidrList {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  if (words.length > CIDRS_MAX) return { ok: false, problems: [`${words.length} networks, at most ${CIDRS_MAX} are allowed`] };
  const parsed = words.map((word) => ({ word, cidr: parseCidr(word) }));
  const problems = parsed.flatMap(({ word, cidr }) => (cidr === null ? [problemOf(word)] : []));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, list: parsed.flatMap(({ cidr }) => (cidr === null ? [] : [cidr])) };
}

function problemOf(word: string): string {
  const [address = '', prefix] = word.split('/');
  const bytes = addressBytes(address);
  if (bytes === null) return `'${word}' is no network; write it as 10.0.0.0/8 or 2001:db8::/32`;
  const bits = bytes.length * 8;
  if (prefix === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return `'${word}': the prefix is a number from 0 to ${bits}`;
  return `'${word}' has bits beyond /${prefix}; write the network itself, or ${address}/${bits} for the one address`;
}
