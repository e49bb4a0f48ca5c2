import { networkInterfaces } from 'node:os';
import { decideEgress, type EgressDecision, type EgressPolicy } from '#shared/net/egress-policy.ts';
import type { CidrList } from '#shared/net/cidr.ts';

export type EgressLists = { readonly allow: CidrList; readonly deny: CidrList };

const NO_LISTS: EgressLists = { allow: [], deny: [] };

/** Interfaces come and go; looked at this often. */
const OWN_ADDRESSES_FOR_MS = 10_000;

/**
 * This agent's egress policy: its own lists come first, then the profile of its location's kind. Until a coordinator
 * has named the kind, the stricter one holds (rules.md 31; reliability.md, Security).
 */
export class AgentEgress {
  readonly #lists: () => EgressLists;
  #local: { readonly of: EgressLists; readonly policy: Pick<EgressPolicy, 'localAllow' | 'localDeny'> } | null = null;
  readonly #settings: EgressLists;
  readonly #nowMs: () => number;
  #kind: EgressPolicy['kind'];
  #own: { readonly addresses: readonly string[]; readonly untilMs: number } = { addresses: [], untilMs: Number.NEGATIVE_INFINITY };

  /** `fileLists` come beside the settings' own; asked at every decision, so that a changed file counts. */
  constructor(options: EgressLists & { readonly fileLists?: () => EgressLists; readonly kind: EgressPolicy['kind']; readonly nowMs: () => number }) {
    this.#settings = { allow: options.allow, deny: options.deny };
    this.#lists = options.fileLists ?? (() => NO_LISTS);
    this.#kind = options.kind;
    this.#nowMs = options.nowMs;
  }

  /** What the coordinator says of the location; an unknown word changes nothing. */
  setLocationKind(kind: string): void {
    if (kind === 'public' || kind === 'private') this.#kind = kind;
  }

  decide(address: string): EgressDecision {
    return decideEgress(address, { kind: this.#kind, ...this.#localPolicy(), serverAllow: [], serverDeny: [], ownAddresses: this.#ownAddresses() });
  }

  /** The same object for as long as the lists are the same: what is made of it is kept by it. */
  #localPolicy(): Pick<EgressPolicy, 'localAllow' | 'localDeny'> {
    const lists = this.#lists();
    if (this.#local?.of !== lists) {
      const { allow, deny } = this.#settings;
      this.#local = { of: lists, policy: { localAllow: [...allow, ...lists.allow], localDeny: [...deny, ...lists.deny] } };
    }
    return this.#local.policy;
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
