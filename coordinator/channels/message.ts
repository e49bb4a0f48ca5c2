import type { Notice, NoticeKind } from '../alerting/notice.ts';

export type Severity = 'critical' | 'warning' | 'ok' | 'info';

/** What every channel says in its own way. Nothing here is neutralised yet. */
export type Message = {
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly link: { readonly label: string; readonly url: string } | null;
};

export type NoticeLinks = { readonly result: string | null; readonly check: string | null };

const SEVERITIES: Readonly<Record<NoticeKind, Severity>> = {
  failure: 'critical', degraded: 'warning', recovery: 'ok', no_data: 'warning', data_again: 'ok', location_down: 'critical', location_up: 'ok',
  digest: 'info', egress_denied: 'warning', new_agent: 'info', agent_conflict: 'warning', channel_failing: 'warning', quota: 'warning', test: 'info',
};

/** Signs that mean the same to everybody, for channels that have nothing but text. */
export const SIGNS: Readonly<Record<Severity, string>> = { critical: '🔴', warning: '🟠', ok: '🟢', info: '🔵' };
export const COLOURS: Readonly<Record<Severity, string>> = { critical: '#d92d20', warning: '#dc6803', ok: '#079455', info: '#1570ef' };

export function severityOf(notice: Pick<Notice, 'kind'>): Severity {
  return SEVERITIES[notice.kind];
}

/** Does the notice end what its alert began? */
export function isEnd(notice: Pick<Notice, 'kind'>): boolean {
  return notice.kind === 'recovery' || notice.kind === 'data_again' || notice.kind === 'location_up';
}

/** `publicUrl`: where people reach the dashboard; null: no links. */
export function linksOf(notice: Notice, publicUrl: string | null): NoticeLinks {
  if (publicUrl === null || !notice.check) return { result: null, check: null };
  const check = `${publicUrl}/checks/${notice.check.id}`;
  return { check, result: notice.result ? `${check}/runs/${notice.result.runId}` : null };
}

const AFFECTED_SHOWN_MAX = 20;

export function messageOf(notice: Notice, publicUrl: string | null): Message {
  const { check, result, failing, location, affected } = notice;
  const links = linksOf(notice, publicUrl);
  const failure = result?.failure;
  const names = affected?.names.slice(0, AFFECTED_SHOWN_MAX) ?? [];
  const more = (affected?.count ?? 0) - names.length;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Check', check?.name],
    ['Target', check?.target],
    ['Group', check?.groupName],
    ['What failed', failure ? `${failure.phase}: ${failure.code}` : null],
    ['Why', failure?.message],
    ['Location', location ? placeText(location.name, location.code) : result ? placeText(result.locationName, result.locationCode) : null],
    ['Failing in', failing && failing.of > 1 ? `${failing.codes.length} of ${failing.of} locations: ${failing.codes.join(', ')}` : null],
    ['Since', notice.sinceMs === null ? null : instantText(notice.sinceMs)],
    ['Response time', result && !failure ? `${Math.round(result.responseTimeMs * 1000) / 1000} ms` : null],
    ['Attempts', result && result.attempts > 1 ? String(result.attempts) : null],
    ['Checks', affected ? `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}` : null],
    ['Reminder', notice.isReminder ? String(notice.reminderSequence) : null],
  ];
  const url = links.result ?? links.check ?? publicUrl;
  return {
    severity: severityOf(notice), title: notice.title, text: notice.text,
    facts: facts.flatMap(([label, value]) => (value ? [{ label, value }] : [])),
    link: url === null ? null : { label: links.result ? 'See the result' : links.check ? 'See the check' : 'Open the dashboard', url },
  };
}

function placeText(name: string, code: string): string {
  return name === '' || name === code ? code : `${name} (${code})`;
}

/** `2026-11-22 12:00:01 UTC`. */
export function instantText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Title, text, facts and link as lines, for whatever has lines only. */
export function messageLines({ title, text, facts, link }: Message): string {
  return [title, '', text, '', ...facts.map(({ label, value }) => `${label}: ${value}`), ...(link ? ['', link.url] : [])].join('\n');
}
