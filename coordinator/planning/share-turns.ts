import type { Turns } from '#shared/schedule/turns.ts';
import { memberFor } from '../fleet/rendezvous.ts';
import type { RosterEpoch } from '../fleet/roster.ts';

/**
 * An agent's part of a location's turns: those in the spans of time in which the roster gives it the check. All parts
 * together are the turns again, without overlap. `rosters` are the location's, in order of `fromAtMs`; before the
 * first nobody has anything.
 */
export function shareOf(agentId: string, checkId: string, turns: readonly Turns[], rosters: readonly RosterEpoch[]): readonly Turns[] {
  return ownSpans(agentId, checkId, rosters).flatMap((span) => turns.flatMap((turn) => clipped(turn, span) ?? []));
}

type Span = { readonly fromAtMs: number; readonly untilMs: number | null };

function ownSpans(agentId: string, checkId: string, rosters: readonly RosterEpoch[]): readonly Span[] {
  const spans: Span[] = [];
  rosters.forEach((roster, index) => {
    if (ownerIn(roster, checkId) !== agentId) return;
    const untilMs = rosters[index + 1]?.fromAtMs ?? null;
    const last = spans.at(-1);
    if (last?.untilMs === roster.fromAtMs) spans[spans.length - 1] = { fromAtMs: last.fromAtMs, untilMs };
    else spans.push({ fromAtMs: roster.fromAtMs, untilMs });
  });
  return spans;
}

/** By roster, which never changes: every agent of a location asks the same of it. Each goes with its roster. */
const owners = new WeakMap<RosterEpoch, Map<string, string | null>>();

function ownerIn(roster: RosterEpoch, checkId: string): string | null {
  const known = owners.get(roster) ?? new Map<string, string | null>();
  owners.set(roster, known);
  const owner = known.get(checkId);
  if (owner !== undefined) return owner;
  const found = memberFor(checkId, roster.members);
  known.set(checkId, found);
  return found;
}

function clipped(turn: Turns, span: Span): Turns | null {
  const fromAtMs = Math.max(turn.fromAtMs, span.fromAtMs);
  const untilMs = turn.untilMs === null ? span.untilMs : span.untilMs === null ? turn.untilMs : Math.min(turn.untilMs, span.untilMs);
  return untilMs !== null && untilMs <= fromAtMs ? null : { ...turn, fromAtMs, untilMs };
}
