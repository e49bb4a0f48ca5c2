import { networkInterfaces } from 'node:os';
import { decideEgress, type EgressDecision, type EgressPolicy } from '#shared/net/egress-policy.ts';
import type { CidrList } from '#shared/net/cidr.ts';

/** Interfaces come and go; looked at this often. */
const OWN_ADDRESSES_FOR_MS = 10_000;

/**
 * This agent's egress policy: its own lists come first, then the profile of its location's kind. Until a coordinator
 * has named the kind, the stricter one holds (rules.md 31; reliability.md, Security).
 */
export class AgentEgress {
  readonly #local: Pick<EgressPolicy, 'localAllow' | 'localDeny'>;
  readonly #nowMs: () => number;
  #kind: EgressPolicy['kind'];
  #own: { readonly addresses: readonly string[]; readonly untilMs: number } = { addresses: [], untilMs: Number.NEGATIVE_INFINITY };

  constructor(options: { readonly allow: CidrList; readonly deny: CidrList; readonly kind: EgressPolicy['kind']; readonly nowMs: () => number }) {
    this.#local = { localAllow: options.allow, localDeny: options.deny };
    this.#kind = options.kind;
    this.#nowMs = options.nowMs;
  }

  /** What the coordinator says of the location; an unknown word changes nothing. */
  setLocationKind(kind: string): void {
    if (kind === 'public' || kind === 'private') this.#kind = kind;
  }

  decide(address: string): EgressDecision {
    return decideEgress(address, { kind: this.#kind, ...this.#local, serverAllow: [], serverDeny: [], ownAddresses: this.#ownAddresses() });
  }

  #ownAddresses(): readonly string[] {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#own.untilMs) {
      const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address.split('%')[0]!));
      this.#own = { addresses, untilMs: nowMs + OWN_ADDRESSES_FOR_MS };
    }
    return this.#own.addresses;
  }
}
