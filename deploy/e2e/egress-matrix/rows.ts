import { SPECIAL_PURPOSE_V4, SPECIAL_PURPOSE_V6, samplesOf } from './special-purpose.ts';
import { type Spelling, spellingsOfIpv4, spellingsOfIpv6 } from './spellings.ts';

/** One host that must not be reached, and what it stands for. */
export type EgressRow = Spelling & { readonly range: string };

/** What a name server can answer with: the address as its record's type has it. */
export type NameRow = { readonly range: string; readonly name: string; readonly address: string; readonly family: 'IPv4' | 'IPv6' };

/** Every special-purpose range by its first, middle and last address, in every spelling. */
export function literalRows(): readonly EgressRow[] {
  const v4 = SPECIAL_PURPOSE_V4.flatMap(([network, prefix, name]) => samplesOf(network, prefix).flatMap((bytes) => spellingsOfIpv4(bytes).map((spelling) => ({ ...spelling, range: `${network}/${prefix} ${name}` }))));
  const v6 = SPECIAL_PURPOSE_V6.flatMap(([network, prefix, name]) => samplesOf(network, prefix).flatMap((bytes) => spellingsOfIpv6(bytes).map((spelling) => ({ ...spelling, range: `${network}/${prefix} ${name}` }))));
  return [...v4, ...v6];
}

/** The same addresses, and every IPv6 address that carries an IPv4 one of them, as answers to a name. */
export function nameRows(): readonly NameRow[] {
  const isRecord = ({ how }: Spelling): boolean => ['dotted', 'in full', 'mapped, hexadecimal', 'compatible, hexadecimal', 'NAT64, hexadecimal', 'local NAT64, 48', 'local NAT64, 96', '6to4', 'Teredo client', 'Teredo server', 'ISATAP, global'].includes(how);
  return literalRows().filter(isRecord).map(({ range, host, family }, index) => ({ range, address: host, family, name: `denied-${index}.test` }));
}
