import { type Cidr, cidrs, contains } from './cidr.ts';

/**
 * IPv4 addresses that an IPv6 address stands for or would be carried to, by every form in use: mapped, compatible,
 * NAT64, 6to4, Teredo (server and client), ISATAP. A policy for IPv4 must not be got round by spelling.
 */
export function embeddedIpv4(bytes: readonly number[]): readonly (readonly number[])[] {
  if (bytes.length !== 16) return [];
  const found = FORMS.filter(({ network }) => contains(network, bytes)).flatMap(({ places }) => places.map((place) => place(bytes)));
  if (isIsatap(bytes)) found.push(bytes.slice(12));
  // Local NAT64 (RFC 8215) has several layouts; where one of them is empty, the address is another's.
  const filled = found.filter((v4) => v4.some((byte) => byte !== 0));
  return filled.length > 0 ? filled : found.slice(0, 1);
}

type Place = (bytes: readonly number[]) => readonly number[];

const last: Place = (bytes) => bytes.slice(12);
const at = (...indices: readonly number[]): Place => (bytes) => indices.map((index) => bytes[index] ?? 0);

const FORMS: readonly { readonly network: Cidr; readonly places: readonly Place[] }[] = [
  form('::ffff:0:0/96', last),
  form('::ffff:0:0:0/96', last),
  form('64:ff9b::/96', last),
  // RFC 6052 §2.2: prefixes of 48, 56, 64 and 96 bits; byte 8 is not used.
  form('64:ff9b:1::/48', at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last),
  form('2002::/16', at(2, 3, 4, 5)),
  form('2001::/32', at(4, 5, 6, 7), (bytes) => bytes.slice(12).map((byte) => byte ^ 0xff)),
];

const COMPATIBLE = form('::/96', last);

function form(network: string, ...places: readonly Place[]): { readonly network: Cidr; readonly places: readonly Place[] } {
  const [cidr] = cidrs(network);
  if (cidr === undefined) throw new Error(`invariant: ${network}`);
  return { network: cidr, places };
}

/** RFC 5214 §6.1: an interface identifier of 0000:5efe or 0200:5efe and the IPv4 address, behind any prefix. */
function isIsatap(bytes: readonly number[]): boolean {
  return ((bytes[8] ?? 0) & ~0x02) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

/** `::a.b.c.d`; `::` and `::1` are addresses of their own. */
export function compatibleIpv4(bytes: readonly number[]): readonly number[] | null {
  if (bytes.length !== 16 || !contains(COMPATIBLE.network, bytes)) return null;
  const v4 = bytes.slice(12);
  return v4.slice(0, 3).every((byte) => byte === 0) && (v4[3] ?? 0) <= 1 ? null : v4;
}
