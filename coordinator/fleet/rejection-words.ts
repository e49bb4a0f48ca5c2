import type { RejectionCode } from './decide-enrolment.ts';

type Words = { readonly reason: string; readonly retryAfterMs: number };

/** What is wrong now will not be right in a second; but once somebody has put it right, the agent comes by itself. */
const RETRY_MS = 30_000;
/** Somebody may be about to approve it. */
const PENDING_RETRY_MS = 5_000;

/** What an agent is told, in words for the people who read its log. */
export const REJECTION_WORDS: Readonly<Record<RejectionCode, Words>> = {
  unknown_key: words('no location has this key: it is mistyped, or of another coordinator; set SONDE_LOCATION_KEY to a live one'),
  key_expired: words('this location key has expired and enrols no more agents; set SONDE_LOCATION_KEY to a live one'),
  key_revoked: words('the location key this agent enrolled with was revoked; set SONDE_LOCATION_KEY to a live one'),
  key_used_up: words('this one-time location key has already enrolled another agent; make a key for this one'),
  agent_limit: words('as many agents as this location key allows have enrolled with it; revoke one that is gone, or make another key'),
  pending_approval: { reason: 'this agent waits for approval: POST /v1/agents/<id>/approve, or `sonde agents approve <id>`', retryAfterMs: PENDING_RETRY_MS },
  too_many_pending: words('too many agents wait for approval with this location key; approve or revoke some of them'),
  agent_revoked: words('this agent was revoked; to enrol it afresh remove agent-id and agent-key from its data directory'),
  agent_key_mismatch: words('another key is pinned to this agent id; put the original agent-key back, or remove agent-id and agent-key to become a new agent'),
  agent_key_required: words('this agent must prove a key of its own; update it'),
  not_enrolled: words('this agent has not enrolled here; set SONDE_LOCATION_KEY to a key of its location'),
  location_deleted: words('the location of this agent was deleted; set SONDE_LOCATION_KEY to a key of another one'),
};

function words(reason: string): Words {
  return { reason, retryAfterMs: RETRY_MS };
}
