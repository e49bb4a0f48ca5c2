import { configHash } from '#shared/wire/assignment.ts';
import type { AssignmentPlanner, PlanChange } from '../pipeline/plan-assignments.ts';
import type { LiveSession } from './session-registry.ts';

/** Sends the session all of its part, in place of whatever it holds. */
export function tellEverything(session: LiveSession, planner: AssignmentPlanner): void {
  const part = planner.assignmentsFor(session.location.id, session.agentId, 'all');
  session.sentDigests = new Map([...part].map(([checkId, { digest }]) => [checkId, digest]));
  session.sentRevision = planner.revision;
  noteRoster(session, planner);
  session.send({ $case: 'snapshot', value: {
    revision: BigInt(session.sentRevision), hash: configHash(session.sentDigests), assignments: [...part.values()], liveAgents: session.sentLiveAgents,
  } });
}

/** Sends the session what changed of its part since what it was sent last; nothing when nothing did. */
export function tellChange(session: LiveSession, { checkIds }: PlanChange, planner: AssignmentPlanner): void {
  if (session.sentRevision === 0) return;
  const part = planner.assignmentsFor(session.location.id, session.agentId, checkIds);
  const upserts = [...part].filter(([checkId, { digest }]) => !sameDigest(session.sentDigests.get(checkId), digest));
  const looked = checkIds === 'all' ? session.sentDigests.keys() : checkIds;
  const removals = [...looked].filter((checkId) => session.sentDigests.has(checkId) && !part.has(checkId));
  const knownLiveAgents = session.sentLiveAgents;
  noteRoster(session, planner);
  if (upserts.length === 0 && removals.length === 0 && session.sentLiveAgents === knownLiveAgents) return;
  for (const [checkId, { digest }] of upserts) session.sentDigests.set(checkId, digest);
  for (const checkId of removals) session.sentDigests.delete(checkId);
  const baseRevision = BigInt(session.sentRevision);
  session.sentRevision = planner.revision;
  session.send({ $case: 'delta', value: {
    baseRevision, revision: BigInt(session.sentRevision), hash: configHash(session.sentDigests),
    upserts: upserts.map(([, assignment]) => assignment), removals, liveAgents: session.sentLiveAgents,
  } });
}

function noteRoster(session: LiveSession, planner: AssignmentPlanner): void {
  const members = planner.members(session.location.id);
  session.sentLiveAgents = members.length;
  session.isMember = members.some(({ agentId }) => agentId === session.agentId);
}

function sameDigest(known: Uint8Array | undefined, digest: Uint8Array): boolean {
  return known !== undefined && Buffer.compare(known, digest) === 0;
}
