import { addressBytes, type Cidr, type CidrList, contains } from './cidr.ts';
import { compatibleIpv4, embeddedIpv4 } from './embedded-ipv4.ts';
import { HARD_DENY, LOCAL_ONLY, SPECIAL_PURPOSE, type SpecialRange } from './special-ranges.ts';

export type EgressPolicy = {
  /**
   * What holds where no list speaks. public: no special-purpose address; private: also RFC 1918, ULA and CGNAT, but
   * nothing of the agent's own machine; open: everything but the hard denials (`sonde run`, rules.md 31).
   */
  readonly kind: 'public' | 'private' | 'open';
  /** From the agent's own file and settings. */
  readonly localAllow: CidrList;
  readonly localDeny: CidrList;
  /** From the coordinator: may narrow anything, and widen only what is not the agent's own surroundings. */
  readonly serverAllow: CidrList;
  readonly serverDeny: CidrList;
  /** Literal addresses of the agent's interfaces. */
  readonly ownAddresses: readonly string[];
};

export type EgressDecision =
  | { readonly allowed: true }
  /** `rule` is a short fixed word for counters; `reason` a sentence. */
  | { readonly allowed: false; readonly reason: string; readonly rule: string };

const ALLOWED: EgressDecision = { allowed: true };

/**
 * May this literal address be dialled? Hard deny > local deny > local allow > server deny > server allow > default
 * (reliability.md, Security). An IPv6 address that carries an IPv4 one is denied if either of the two is.
 */
export function decideEgress(address: string, policy: EgressPolicy): EgressDecision {
  const bytes = addressBytes(address);
  if (bytes === null) return denied('not-an-address', `'${address}' is not a literal IP address`);
  const compatible = compatibleIpv4(bytes);
  const carried = compatible === null ? embeddedIpv4(bytes) : [compatible];
  for (const form of [bytes, ...carried]) {
    const shown = form === bytes ? address : `${form.join('.')} (within ${address})`;
    const decision = decideForm(form, shown, policy);
    if (!decision.allowed) return decision;
  }
  return ALLOWED;
}

/** A policy's own addresses stay the same list for thousands of decisions, and parsing them cost a tenth of a whole check. */
const parsed = new WeakMap<readonly string[], readonly (readonly number[])[]>();

function ownBytes({ ownAddresses }: EgressPolicy): readonly (readonly number[])[] {
  let own = parsed.get(ownAddresses);
  if (own === undefined) {
    own = ownAddresses.map(addressBytes).filter((bytes) => bytes !== null);
    parsed.set(ownAddresses, own);
  }
  return own;
}

function decideForm(bytes: readonly number[], shown: string, policy: EgressPolicy): EgressDecision {
  const hard = rangeOf(HARD_DENY, bytes);
  if (hard !== null) return denied(hard, `${shown} is ${NAMES[hard] ?? hard}, which is never probed`);
  const localDeny = listed(policy.localDeny, bytes);
  if (localDeny !== null) return denied('local-deny', `${shown} is in ${localDeny.text}, which this agent's own settings deny`);
  if (listed(policy.localAllow, bytes) !== null) return ALLOWED;
  const serverDeny = listed(policy.serverDeny, bytes);
  if (serverDeny !== null) return denied('server-deny', `${shown} is in ${serverDeny.text}, which the coordinator denies for this location`);
  if (policy.kind === 'open') return ALLOWED;

  const surroundings = ownBytes(policy).some((each) => isSame(each, bytes)) ? 'own-address' : rangeOf(LOCAL_ONLY, bytes);
  if (surroundings !== null) {
    return denied(surroundings, `${shown} is ${NAMES[surroundings] ?? surroundings}; only the agent's own settings can allow it (SONDE_EGRESS_ALLOW)`);
  }
  if (listed(policy.serverAllow, bytes) !== null || policy.kind === 'private') return ALLOWED;
  const special = rangeOf(SPECIAL_PURPOSE, bytes);
  if (special === null) return ALLOWED;
  return denied(special, `${shown} is ${NAMES[special] ?? `a special-purpose address (${special})`}, which a public location does not probe; use a private location`);
}

const NAMES: Readonly<Record<string, string>> = {
  unspecified: 'an unspecified address',
  multicast: 'a multicast address',
  broadcast: 'the broadcast address',
  reserved: 'a reserved address',
  metadata: "a cloud's metadata service",
  loopback: "the agent's own loopback",
  'link-local': 'a link-local address',
  'own-address': "one of the agent's own addresses",
  'private-use': 'a private address',
  'shared-address-space': 'a shared (CGNAT) address',
  documentation: 'a documentation address',
};

function rangeOf(ranges: readonly SpecialRange[], bytes: readonly number[]): string | null {
  return ranges.find((range) => listed(range.list, bytes) !== null)?.rule ?? null;
}

function listed(list: CidrList, bytes: readonly number[]): Cidr | null {
  return list.find((cidr) => contains(cidr, bytes)) ?? null;
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function denied(rule: string, reason: string): EgressDecision {
  return { allowed: false, reason, rule };
}
