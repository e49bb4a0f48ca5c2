import type { Location } from '#shared/check/location.ts';

/** A location key as enrolment sees it. */
export type EnrolmentKey = {
  readonly id: string;
  readonly location: Location;
  readonly isRevoked: boolean;
  /** ms since the epoch; null: never. Ends enrolment, not the agents that are in. */
  readonly expiresAtMs: number | null;
  readonly isOneTime: boolean;
  /** Has an agent enrolled with it yet? */
  readonly isUsed: boolean;
  /** Agents that may hold it at once; null: any number. */
  readonly agentsMax: number | null;
  readonly needsApproval: boolean;
  /** Agents besides this one that enrolled with it and are not revoked, and those of them still waiting; 0 where the key limits neither. */
  readonly otherAgents: number;
  readonly otherPending: number;
};

/** An agent id as it is known in one location. */
export type KnownAgent = {
  readonly location: Location;
  readonly isLocationDeleted: boolean;
  readonly state: 'pending' | 'active' | 'revoked';
  /** Is the key that the hello proved the pinned one? `unpinned`: none is pinned, the agent was never asked for one. */
  readonly pin: 'same' | 'other' | 'unpinned';
  /** The location key it enrolled with last. */
  readonly keyId: string | null;
  readonly isKeyRevoked: boolean;
};

export type EnrolmentFacts = {
  /** Has the agent proved an Ed25519 key of its own? Older agents have none. */
  readonly hasOwnKey: boolean;
  readonly isKeyGiven: boolean;
  /** What the given location key is; null: none was given, or nobody has it. */
  readonly key: EnrolmentKey | null;
  /** Newest enrolment first. */
  readonly known: readonly KnownAgent[];
  /** When the key was looked up; without one nothing asks for it. */
  readonly nowMs: number;
};

export type RejectionCode =
  | 'unknown_key' | 'key_expired' | 'key_revoked' | 'key_used_up' | 'agent_limit' | 'pending_approval' | 'too_many_pending'
  | 'agent_revoked' | 'agent_key_mismatch' | 'agent_key_required' | 'not_enrolled' | 'location_deleted';

export type EnrolmentDecision =
  /** Known and in; nothing to write. */
  | { readonly kind: 'admit'; readonly location: Location }
  /** To be written first: the agent enrols with this key, new or changed over to it. */
  | { readonly kind: 'enrol'; readonly location: Location; readonly keyId: string; readonly isNew: boolean; readonly isApproved: boolean }
  | { readonly kind: 'reject'; readonly code: RejectionCode };

/** Agents that may wait for approval with one key: past these the next is refused, so that nobody fills the table. */
export const PENDING_MAX = 100;

/**
 * Whether an agent may join, and where. A location key that is live decides for its location; once enrolled, the
 * agent's own key is enough, and only revocation (of the agent, or of the key it enrolled with) or the end of the
 * location takes that away. Expired, used-up and full keys enrol nobody new, and cost nobody who is in.
 */
export function decideEnrolment(facts: EnrolmentFacts): EnrolmentDecision {
  const { key, known } = facts;
  if (!key) return byOwnKey(known, facts.isKeyGiven ? 'unknown_key' : 'not_enrolled');
  const there = known.find(({ location }) => location.id === key.location.id);
  if (!there) return enrolNew(key, facts);
  if (there.state === 'revoked') return reject('agent_revoked');
  if (there.pin === 'other') return reject(facts.hasOwnKey ? 'agent_key_mismatch' : 'agent_key_required');
  if (there.pin === 'same' && there.keyId === key.id && !key.isRevoked) return byOwnKey([there], 'not_enrolled');

  const trouble = troubleWith(key, facts, there.keyId === key.id);
  if (!trouble) {
    return { kind: 'enrol', location: key.location, keyId: key.id, isNew: false, isApproved: there.state === 'active' };
  }
  // The key enrols nobody any more, but the agent is in by another one that still counts.
  return there.pin === 'same' && there.keyId !== key.id ? byOwnKey([there], trouble) : reject(trouble);
}

function enrolNew(key: EnrolmentKey, facts: EnrolmentFacts): EnrolmentDecision {
  const trouble = troubleWith(key, facts, false);
  if (trouble) return reject(trouble);
  return { kind: 'enrol', location: key.location, keyId: key.id, isNew: true, isApproved: !key.needsApproval };
}

/** What keeps this key from enrolling the agent; `isItsOwn`: it enrolled with it before. */
function troubleWith(key: EnrolmentKey, { hasOwnKey, nowMs }: EnrolmentFacts, isItsOwn: boolean): RejectionCode | null {
  if (key.isRevoked) return 'key_revoked';
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) return 'key_expired';
  // Whoever says the id would be the agent: only a key that is good for anybody may be used so.
  if (!hasOwnKey && (key.isOneTime || key.agentsMax !== null || key.needsApproval)) return 'agent_key_required';
  if (key.isOneTime && key.isUsed && !isItsOwn) return 'key_used_up';
  if (key.agentsMax !== null && key.otherAgents >= key.agentsMax) return 'agent_limit';
  if (key.needsApproval && key.otherPending >= PENDING_MAX) return 'too_many_pending';
  return null;
}

/** In by the agent's own key, where it enrolled last; `otherwise` when it never did, or with another key. */
function byOwnKey(known: readonly KnownAgent[], otherwise: RejectionCode): EnrolmentDecision {
  const own = known.filter(({ pin }) => pin === 'same');
  const agent = own.find((one) => troubleOf(one) === null) ?? own[0];
  if (!agent) return reject(otherwise);
  const trouble = troubleOf(agent) ?? (agent.state === 'pending' ? 'pending_approval' : null);
  return trouble ? reject(trouble) : { kind: 'admit', location: agent.location };
}

function troubleOf(agent: KnownAgent): RejectionCode | null {
  if (agent.isLocationDeleted) return 'location_deleted';
  if (agent.state === 'revoked') return 'agent_revoked';
  return agent.isKeyRevoked ? 'key_revoked' : null;
}

function reject(code: RejectionCode): EnrolmentDecision {
  return { kind: 'reject', code };
}
