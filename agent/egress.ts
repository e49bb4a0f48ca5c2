import { networkInterfaces } from 'node:os';
import { decideEgress, type EgressDecision, type EgressPolicy } from '#shared/net/egress-policy.ts';
import type { CidrList } from '#shared/net/cidr.ts';

export type EgressLists = { readonly allow: CidrList; readonly deny: CidrList };

const NO_LISTS: EgressLists = { allow: [], deny: [] };

/** Interfaces come and go; looked at this often. */
const OWN_ADDRESSES_FOR_MS = 10_000;
/** Some 2 MB; beyond, all are decided anew. */
const DECISIONS_MAX = 16_384;

/**
 * This agent's egress policy: its own lists come first, then the profile of its location's kind. Until a coordinator
 * has named the kind, the stricter one holds (rules.md 31; reliability.md, Security).
 */
export class AgentEgress {
  readonly #lists: () => EgressLists;
  #made: { readonly of: EgressLists; readonly policy: EgressPolicy } | null = null;
  /** What `#made` says of an address: a pure function of the two, asked again at every run of a check. */
  readonly #decisions = new Map<string, EgressDecision>();
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
    const policy = this.#policy();
    let decision = this.#decisions.get(address);
    if (decision === undefined) {
      decision = decideEgress(address, policy);
      if (this.#decisions.size >= DECISIONS_MAX) this.#decisions.clear();
      this.#decisions.set(address, decision);
    }
    return decision;
  }

  /** What holds now; the decisions made by another are forgotten. */
  #policy(): EgressPolicy {
    const lists = this.#lists();
    const ownAddresses = this.#ownAddresses();
    if (this.#made?.of !== lists || this.#made.policy.kind !== this.#kind || this.#made.policy.ownAddresses !== ownAddresses) {
      const { allow, deny } = this.#settings;
      const policy = { kind: this.#kind, localAllow: [...allow, ...lists.allow], localDeny: [...deny, ...lists.deny], serverAllow: [], serverDeny: [], ownAddresses };
      this.#made = { of: lists, policy };
      this.#decisions.clear();
    }
    return this.#made.policy;
  }

  /** The same list while the addresses are the same. */

  #ownAddresses(): readonly string[] {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#own.untilMs) {
      const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address.split('%')[0]!));
      const isSame = addresses.length === this.#own.addresses.length && addresses.every((address, index) => address === this.#own.addresses[index]);
      this.#own = { addresses: isSame ? this.#own.addresses : addresses, untilMs: nowMs + OWN_ADDRESSES_FOR_MS };
    }
    return this.#own.addresses;
  }
}
