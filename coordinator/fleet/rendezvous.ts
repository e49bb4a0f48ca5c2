import { createHash } from 'node:crypto';

/** An agent in a location's roster; `weight` is its share, by capacity. */
export type Member = { readonly agentId: string; readonly weight: number };

/** One agent may not take more than four times the share of another, whatever capacity it claims. */
export const WEIGHT_MAX = 4;
/** Capacity that counts as weight 1 (the default of SONDE_AGENT_CONCURRENCY). */
const CAPACITY_UNIT = 1_000;

export function weightOf(capacity: number): number {
  return Math.min(WEIGHT_MAX, Math.max(1, Math.round(capacity / CAPACITY_UNIT)));
}

/**
 * Which member runs a check: weighted rendezvous hashing, the highest of −weight / ln(h) with h in (0, 1) from a hash
 * of check and agent. A member that comes or goes moves only the checks it gains or loses. null without members.
 */
export function memberFor(checkId: string, members: readonly Member[]): string | null {
  let best: { readonly agentId: string; readonly score: number } | null = null;
  for (const { agentId, weight } of members) {
    const score = -weight / Math.log(unitHash(checkId, agentId));
    if (!best || score > best.score || (score === best.score && agentId < best.agentId)) best = { agentId, score };
  }
  return best?.agentId ?? null;
}

/** In (0, 1), evenly spread: 52 bits of SHA-256. */
function unitHash(checkId: string, agentId: string): number {
  const digest = createHash('sha256').update(checkId).update('/').update(agentId).digest();
  return (Number(digest.readBigUInt64BE(0) >> 12n) + 0.5) / 2 ** 52;
}
