import type { EnrolmentDecision, EnrolmentFacts, RejectionCode } from '../fleet/decide-enrolment.ts';
import type { Opening } from '../fleet/detect-conflict.ts';

/** An agent that says hello, after it has proved its own key (null: an older one, which has none). */
export type AgentHello = {
  readonly agentId: string;
  readonly instanceId: string;
  readonly name: string;
  readonly version: string;
  readonly capacity: number;
  readonly publicKey: Uint8Array | null;
  /** HMAC of the location key; null: none was given. */
  readonly keyHash: Uint8Array | null;
};

/** A stream that is no longer allowed, and why; `superseded`: the agent has a newer session, here or elsewhere. */
export type CutOff = { readonly sessionId: string; readonly code: Extract<RejectionCode, 'agent_revoked' | 'key_revoked' | 'location_deleted'> | 'superseded' };

/** What sessions need of the store to let agents in and to turn them out. */
export type EnrolmentStore = {
  /** Reads the facts, lets `decide`, and writes what was decided; of several at once with one key one decides after the other. */
  enrol(hello: AgentHello, decide: (facts: EnrolmentFacts) => EnrolmentDecision): Promise<EnrolmentDecision>;
  /** Those of these sessions whose agent, key or location is revoked or gone, or that are not the agent's newest. */
  findCutOff(sessionIds: readonly string[]): Promise<readonly CutOff[]>;
  /** The agent's sessions since `sinceMs` ago, in their order, the newest last; at most 20. */
  recentOpenings(locationId: string, agentId: string, withinMs: number): Promise<readonly Opening[]>;
  /** Two live copies of this agent displace each other now. */
  noteConflict(locationId: string, agentId: string): Promise<void>;
};
