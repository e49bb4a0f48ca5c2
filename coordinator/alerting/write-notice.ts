import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { failureWords } from '#shared/run/failure-words.ts';
import { locationsOverLimit } from '../verdict/alert-level.ts';
import { statusOf, type CheckState } from '../verdict/check-state.ts';
import type { Policy } from '../verdict/policy.ts';
import type { RunFacts } from '../verdict/slot.ts';
import type { NoticeDraft } from './decide-notices.ts';
import type { Notice, NoticeResult } from './notice.ts';

export type NoticeFacts = {
  readonly id: string;
  readonly accountId: string;
  readonly checkId: string;
  readonly revision: number;
  readonly check: Check;
  readonly groupName: string | null;
  /** As committed with the notice, and as it was at the look before. */
  readonly state: CheckState;
  readonly previous: CheckState;
  readonly policy: Policy;
  readonly nowMs: number;
  readonly location: (id: string) => Location | undefined;
};

/** Puts a draft into words a person can act on: what, from where, since when, and what was seen before. Links are the channels' business. */
export function writeNotice(draft: NoticeDraft, facts: NoticeFacts): Notice {
  const { check, state } = facts;
  const run = runOf(draft, facts);
  const target = targetOf(check);
  return {
    id: facts.id, accountId: facts.accountId, kind: draft.kind, alertType: draft.alertType, alertId: draft.alertId,
    isReminder: draft.isReminder, reminderSequence: draft.reminderSequence,
    title: titleOf(draft, facts, run),
    text: linesOf(draft, facts, run).join('\n'),
    createdAtMs: Math.floor(facts.nowMs), sinceMs: sinceOf(draft, facts),
    check: { id: facts.checkId, name: check.name, description: check.description, tags: check.tags, groupName: facts.groupName, target, revision: facts.revision },
    location: null,
    result: run === null ? null : resultOf(run, dueAtOf(draft, facts), facts),
    failing: state.evidence === null || draft.kind === 'recovery' || failingIn(facts).length === 0 ? null : { codes: failingIn(facts).map((id) => codeOf(id, facts)), of: state.evidence.seenBy },
    affected: null,
  };
}

function titleOf(draft: NoticeDraft, facts: NoticeFacts, run: RunFacts | null): string {
  const { name } = facts.check;
  const because = run?.failure ? `: ${oneLine(failureWords(run.failure).what)} (${run.failure.code})` : '';
  const still = draft.isReminder ? 'still ' : '';
  switch (draft.kind) {
    case 'failure': return bounded(`${name} is ${still}failing${isPartial(facts) ? ` from ${failingIn(facts).map((id) => codeOf(id, facts)).join(', ')}` : ''}${because}`);
    case 'degraded': return bounded(`${name} is ${still}degraded${run ? `: ${isSlow(run, facts) ? `it answered in ${Math.round(run.responseTimeMs)} ms` : 'its certificate expires soon'}` : ''}`);
    case 'recovery': return bounded(draft.ending === null ? `${name} has recovered` : `${name}: the alert is closed, ${ENDINGS[draft.ending]}`);
    case 'no_data': return bounded(`${name} has no data`);
    case 'data_again': return bounded(draft.ending === null ? `${name} has data again` : `${name}: the alert is closed, ${ENDINGS[draft.ending]}`);
    case 'egress_denied': return bounded(`${name} is not run: the agent in ${run ? codeOf(run.executedIn, facts) : 'its location'} may not connect to ${targetOf(facts.check)}`);
    case 'digest': return bounded(`${name} was failing while nobody could be told`);
  }
}

/** What has just begun need not be said to have lasted. */
const LASTING_MS = 60_000;

const ENDINGS = {
  resolved: 'somebody resolved it by hand', muted: 'the check was muted', deactivated: 'the check was deactivated', deleted: 'the check was deleted',
} as const satisfies Record<NonNullable<NoticeDraft['ending']>, string>;

function linesOf(draft: NoticeDraft, facts: NoticeFacts, run: RunFacts | null): readonly string[] {
  const { check, state, nowMs } = facts;
  const what = `${check.name} (${targetOf(check)})`;
  const since = sinceOf(draft, facts);
  const lasting = since === null ? [] : [`Since ${instant(since)}${nowMs - since < LASTING_MS ? '' : ` (${duration(nowMs - since)})`}.`];
  switch (draft.kind) {
    case 'failure': return [
      run?.failure ? failureLine(what, run.failure) : `${what} fails: nobody could see it.`,
      ...whereFrom(facts), ...lasting, ...before(facts), ...(run && run.attempts > 1 ? [`Tried ${run.attempts} times.`] : []),
    ];
    case 'degraded': return [
      run && !isSlow(run, facts) ? `${what} answers, but its certificate expires within ${check.request.tls?.degradedDaysLeft ?? 0} days.`
        : `${what} answers, but slowly${run ? `: in ${Math.round(run.responseTimeMs)} ms, the limit is ${check.degradedResponseTime} ms` : ''}.`,
      ...(run ? [`Seen from ${codeOf(run.executedIn, facts)}.`] : []), ...lasting, ...before(facts),
    ];
    case 'recovery': return draft.ending !== null
      ? [`The alert of ${what} is closed: ${ENDINGS[draft.ending]}. Whether it works is not said by that.`]
      : [`${what} passes again${run ? `, in ${Math.round(run.responseTimeMs)} ms from ${codeOf(run.executedIn, facts)}` : ''}, since ${instant(state.sinceMs)}.`, ...before(facts)];
    case 'no_data': return [
      `Nobody has seen ${what} ${state.lastVerdictMs === null ? 'yet' : `since ${instant(state.lastVerdictMs)}`}: no agent could look at it, so whether it works is not known.`,
      ...(state.standing === null ? [] : [`When it was last seen it was ${state.standing}.`]),
      'Look whether the agents of its locations are running, reach the coordinator, and have no trouble of their own.',
    ];
    case 'data_again': return draft.ending !== null
      ? [`The alert of ${what} is closed: ${ENDINGS[draft.ending]}.`]
      : [`${what} is seen again; it is ${state.standing ?? 'not judged yet'}.`];
    case 'egress_denied': return [
      `${what} is not run in ${run ? codeOf(run.executedIn, facts) : 'one of its locations'}: ${run?.failure ? oneLine(failureWords(run.failure).what) : 'the policy of its agent does not allow this address'}`,
      'That is no statement about the target. Allow the address in the agent\'s own file, or take the location off the check.',
    ];
    case 'digest': return [
      `${what} was failing while its results could not be delivered; it is over:`,
      ...draft.episodes.map(({ fromMs, toMs }) => `from ${instant(fromMs)} until ${instant(toMs)} (${duration(toMs - fromMs)} between the first and the last failing run)`),
    ];
  }
}

/** What was being done, to what, in which phase, and what came of it. */
function failureLine(what: string, failure: NonNullable<RunFacts['failure']>): string {
  const words = failureWords(failure);
  const how = `in the phase ${failure.phase} with ${failure.code}: ${oneLine(words.what)}`;
  return words.doing === null ? `${what} fails ${how}` : `${capital(oneLine(words.doing))} failed ${how}`;
}

/** Else what is degraded is its certificate. */
function isSlow({ responseTimeMs }: RunFacts, { check }: NoticeFacts): boolean {
  return responseTimeMs > check.degradedResponseTime || check.request.tls?.degradedDaysLeft == null;
}

/** What the notice rests on: the newest run that says so. */
function runOf(draft: NoticeDraft, { state, policy }: NoticeFacts): RunFacts | null {
  if (draft.kind === 'egress_denied') return state.denied;
  if (draft.kind === 'no_data' || draft.kind === 'digest' || draft.ending !== null) return null;
  const isPartialOnly = draft.kind === 'failure' && state.standing !== 'failing' && locationsOverLimit(state, policy).length > 0;
  return isPartialOnly ? null : state.evidence?.run ?? null;
}

function isPartial({ state, policy }: NoticeFacts): boolean {
  return state.standing !== 'failing' && locationsOverLimit(state, policy).length > 0;
}

function failingIn(facts: NoticeFacts): readonly string[] {
  return isPartial(facts) ? locationsOverLimit(facts.state, facts.policy) : facts.state.evidence?.failingIn ?? [];
}

function whereFrom(facts: NoticeFacts): readonly string[] {
  const ids = failingIn(facts);
  if (ids.length === 0) return [];
  const codes = ids.map((id) => codeOf(id, facts)).join(', ');
  const of = facts.state.evidence?.seenBy ?? 0;
  const elsewhere = Object.entries(facts.state.locations).filter(([id, { standing }]) => !ids.includes(id) && standing !== null)
    .map(([id, { standing }]) => `${codeOf(id, facts)} ${standing}`);
  return [
    `Seen from ${codes}${of > 1 ? ` (${ids.length} of ${of} locations)` : ''}.`,
    ...(elsewhere.length > 0 ? [`Elsewhere, when last seen: ${elsewhere.slice(0, 10).join(', ')}.`] : []),
  ];
}

function before({ state }: NoticeFacts): readonly string[] {
  return state.before === null ? [] : [`Before, it was ${state.before.standing} since ${instant(state.before.sinceMs)}.`];
}

function sinceOf(draft: NoticeDraft, { state, policy }: NoticeFacts): number | null {
  if (draft.kind === 'no_data') return statusOf(state).sinceMs;
  if (draft.kind === 'digest') return draft.episodes[0]?.fromMs ?? null;
  if (draft.kind === 'egress_denied' || state.standing === null) return null;
  const over = state.standing === 'failing' ? [] : locationsOverLimit(state, policy);
  return draft.kind === 'failure' && over.length > 0 ? Math.min(...over.map((id) => state.locations[id]!.sinceMs)) : state.sinceMs;
}

function dueAtOf(draft: NoticeDraft, { state }: NoticeFacts): number {
  return draft.kind === 'egress_denied' ? state.throughMs : state.evidence?.dueAtMs ?? state.throughMs;
}

function resultOf(run: RunFacts, dueAtMs: number, facts: NoticeFacts): NoticeResult {
  return {
    runId: run.runId, dueAtMs, startedAtMs: run.startedAtMs, outcome: run.outcome,
    locationCode: codeOf(run.executedIn, facts), locationName: facts.location(run.executedIn)?.name ?? '',
    responseTimeMs: run.responseTimeMs, failure: run.failure, attempts: run.attempts,
  };
}

function codeOf(locationId: string, { location }: Pick<NoticeFacts, 'location'>): string {
  return location(locationId)?.code ?? 'a location that is gone';
}

function targetOf({ request: { hostname, port } }: Check): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Subjects and pagers cut longer ones. */
const TITLE_MAX = 200;

function bounded(title: string): string {
  return title.length <= TITLE_MAX ? title : `${title.slice(0, TITLE_MAX - 1)}…`;
}
