import type { Notice } from '../../alerting/notice.ts';
import { linksOf } from '../message.ts';
import { oneLine, plainText } from '../neutral-text.ts';

export type TemplateValue = string | number | boolean | readonly string[];
export type TemplateVariables = Readonly<Record<string, TemplateValue>>;

/** What templates can say of a notice: the names of checkly-api.md §4.4, and a few of ours. Text is without controls. */
export function templateVariables(notice: Notice, { publicUrl, deliveryId }: { readonly publicUrl: string | null; readonly deliveryId: string }): TemplateVariables {
  const { check, result } = notice;
  const links = linksOf(notice, publicUrl);
  const line = (text: string | null | undefined): string => oneLine(text ?? '', 2_000);
  const region = result?.locationCode ?? notice.location?.code;
  return {
    ALERT_TITLE: line(notice.title), ALERT_TYPE: notice.alertType ?? notice.kind.toUpperCase(), ALERT_TEXT: plainText(notice.text, 8_000),
    ALERT_ID: notice.alertId ?? notice.id, NOTICE_ID: notice.id, DELIVERY_ID: deliveryId, NOTICE_KIND: notice.kind,
    CHECK_ID: check?.id ?? '', CHECK_NAME: line(check?.name), CHECK_TYPE: 'TCP', CHECK_DESCRIPTION: plainText(check?.description ?? '', 500),
    CHECK_TARGET: line(check?.target), CHECK_ERROR_MESSAGE: line(result?.failure?.message), CHECK_ERROR_CODE: line(result?.failure?.code),
    CHECK_RESULT_ID: result?.runId ?? '', GROUP_NAME: line(check?.groupName),
    RESPONSE_TIME: result ? Math.round(result.responseTimeMs * 1000) / 1000 : 0,
    REGION: line(region), RUN_LOCATION: line(result?.locationName ?? notice.location?.name ?? region),
    RESULT_LINK: links.result ?? links.check ?? publicUrl ?? '',
    STARTED_AT: new Date(result?.startedAtMs ?? notice.createdAtMs).toISOString(), SINCE: notice.sinceMs === null ? '' : new Date(notice.sinceMs).toISOString(),
    TAGS: check?.tags.map(line) ?? [], IS_REMINDER: notice.isReminder, REMINDER_SEQUENCE: notice.reminderSequence,
    // Of other kinds of check; templates that name them must not break.
    SSL_CHECK_DOMAIN: '', SSL_DAYS_REMAINING: '', API_CHECK_RESPONSE_STATUS_CODE: '', API_CHECK_RESPONSE_STATUS_TEXT: '',
    AI_ANALYSIS_CLASSIFICATION: '', AI_ANALYSIS_ROOT_CAUSE: '', AI_ANALYSIS_USER_IMPACT: '', AI_ANALYSIS_CODE_FIX: '', AI_ANALYSIS_LINK: '',
  };
}

/** Names in `{{…}}` that may be variables of the account: at most as many as anybody writes. */
export function referencedNames(templates: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const template of templates) {
    for (const [expression] of template.matchAll(/\{\{[^}]*\}\}/g)) {
      for (const [name] of expression.replace(/"[^"]*"|'[^']*'/g, '').matchAll(/[A-Za-z_]\w*/g)) names.add(name);
    }
  }
  return [...names].slice(0, 500);
}

/** `{{NAME}}` in a secret field that is no template: each replaced as it is. The names that nobody knows are told. */
export function expandReferences(text: string, variables: Readonly<Record<string, string>>): { readonly text: string; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const expanded = text.replace(/\{\{\{?\s*([A-Za-z_]\w*)\s*\}?\}\}/g, (_, name: string) => {
    if (Object.hasOwn(variables, name)) return variables[name] ?? '';
    missing.push(name);
    return '';
  });
  return { text: expanded, missing };
}
