import type { Notice } from './notice.ts';
import { duration, instant } from './write-notice.ts';

/** `empty`: no agent is connected there. `cut_off`: those that are see nothing but their own trouble (rules.md 22). */
export type OutageKind = 'empty' | 'cut_off';

/** A location from which nothing is seen at the moment. */
export type DarkLocation = {
  readonly locationId: string;
  readonly code: string;
  readonly name: string;
  readonly kind: OutageKind;
  readonly sinceMs: number;
};

/** What one account was told of one location, and is not over. */
export type OpenOutage = { readonly accountId: string; readonly id: string; readonly locationId: string; readonly kind: OutageKind; readonly fromMs: number };

/** A check of an account that is to run in a location and may be told of. */
export type AffectedCheck = { readonly accountId: string; readonly locationId: string; readonly checkId: string; readonly name: string };

/** Long enough for an agent to be restarted or to come back by itself; what a location sees is gone for two minutes at most before it is told. */
export const EMPTY_AFTER_MS = 60_000;
/** That it is cut off was weighed before (impaired windows); this spares a flicker. */
export const CUT_OFF_AFTER_MS = 30_000;

export type OutageDecision = {
  readonly opened: readonly { readonly accountId: string; readonly location: DarkLocation; readonly checks: readonly AffectedCheck[] }[];
  readonly ended: readonly OpenOutage[];
};

/**
 * Which outages begin and end for whom: one a location and account, whatever kind it turns into while it lasts. An
 * account without a check to be told of there is not told, and not silenced about it either.
 */
export function decideOutages(
  { dark, open, affected, nowMs }: { readonly dark: readonly DarkLocation[]; readonly open: readonly OpenOutage[]; readonly affected: readonly AffectedCheck[]; readonly nowMs: number },
): OutageDecision {
  const byId = new Map(dark.map((location) => [location.locationId, location]));
  const known = new Set(open.map(keyOf));
  const fresh = affected.filter((check) => {
    const location = byId.get(check.locationId);
    return location !== undefined && !known.has(keyOf(check)) && nowMs >= location.sinceMs + (location.kind === 'empty' ? EMPTY_AFTER_MS : CUT_OFF_AFTER_MS);
  });
  return {
    opened: [...Map.groupBy(fresh, keyOf).values()].map((checks) => ({ accountId: checks[0]!.accountId, location: byId.get(checks[0]!.locationId)!, checks })),
    ended: open.filter(({ locationId }) => !byId.has(locationId)),
  };
}

function keyOf({ accountId, locationId }: { readonly accountId: string; readonly locationId: string }): string {
  return `${accountId} ${locationId}`;
}

type NoticeOf = { readonly id: string; readonly outage: OpenOutage; readonly location: Pick<DarkLocation, 'code' | 'name'>; readonly checks: readonly AffectedCheck[]; readonly nowMs: number };

/** One for all checks of a location that nobody sees from there: "14 checks unseen from dc-1 since 10:02". */
export function writeLocationDown(of: NoticeOf): Notice {
  const { outage, location, checks, nowMs } = of;
  const where = `${location.code} (${location.name})`;
  const why = outage.kind === 'empty'
    ? [`No agent has been connected in ${where} since ${instant(outage.fromMs)} (${duration(nowMs - outage.fromMs)}).`, 'Look whether its agents are running and reach the coordinator.']
    : [`The agents in ${where} have been cut off since ${instant(outage.fromMs)} (${duration(nowMs - outage.fromMs)}): what they watch to know it fails, and their targets with it.`, 'Look at the network of the agents.'];
  return noticeOf(of, {
    kind: 'location_down', title: `${countOf(checks)} unseen from ${location.code} since ${instant(outage.fromMs).slice(11, 16)} UTC`,
    lines: [...why, 'That is no statement about the targets; nothing more is told of checks that lack data for this alone.', `Unseen from there: ${namesOf(checks)}`],
  });
}

export function writeLocationUp(of: NoticeOf): Notice {
  const { outage, location, checks, nowMs } = of;
  return noticeOf(of, {
    kind: 'location_up', title: `${location.code} is back: ${countOf(checks)} seen from there again`,
    lines: [`${location.code} (${location.name}) was dark from ${instant(outage.fromMs)} until ${instant(nowMs)} (${duration(nowMs - outage.fromMs)}).`, `Seen from there again: ${namesOf(checks)}`],
  });
}

/** In the text; the first hundred go with the notice. */
const NAMES_SHOWN = 20;
const NAMES_MAX = 100;

function noticeOf({ id, outage, location, checks, nowMs }: NoticeOf, { kind, title, lines }: { readonly kind: 'location_down' | 'location_up'; readonly title: string; readonly lines: readonly string[] }): Notice {
  return {
    id, accountId: outage.accountId, kind, alertType: null, alertId: outage.id, isReminder: false, reminderSequence: 0,
    title, text: lines.join('\n'), createdAtMs: Math.floor(nowMs), sinceMs: outage.fromMs, check: null,
    location: { id: outage.locationId, code: location.code, name: location.name }, result: null, failing: null,
    affected: { names: checks.slice(0, NAMES_MAX).map(({ name }) => name), count: checks.length, checkIds: checks.map(({ checkId }) => checkId) },
  };
}

function countOf(checks: readonly AffectedCheck[]): string {
  return checks.length === 1 ? '1 check' : `${checks.length} checks`;
}

function namesOf(checks: readonly AffectedCheck[]): string {
  const shown = checks.slice(0, NAMES_SHOWN).map(({ name }) => name).join(', ');
  return checks.length > NAMES_SHOWN ? `${shown} and ${checks.length - NAMES_SHOWN} more` : shown;
}
