import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { parseDurationMs } from '../duration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { safeText } from '../render/safe-text.ts';
import { table } from '../render/table.ts';

type Row = Readonly<Record<string, unknown>>;
const MINUTE_MS = 60_000;

/** Asks for a list and shows it; `empty` is what is said when there is nothing. */
async function showList({ env, output }: Context, path: string, { columns, row, empty }: { columns: readonly string[]; row: (one: Row) => readonly string[]; empty: string }): Promise<ExitCode> {
  const body = await new ApiClient(await apiAccess(env)).get(path);
  const rows = Array.isArray(body) ? body.map(asRecord) : [];
  output.answer(body, () => (rows.length === 0 ? [empty] : table(columns, rows.map((one) => row(one).map(safeText)))));
  return EXIT.ok;
}

export function listAlerts(context: Context, { all }: { readonly all?: boolean }): Promise<ExitCode> {
  return showList(context, `/v1/alerts?limit=100${all ? '' : '&isOpen=true'}`, {
    columns: ['ID', 'KIND', 'CHECK', 'TARGET', 'OPENED', 'STATE'], empty: all ? 'no alerts yet' : 'no alert is open',
    row: (alert) => [text(alert['id']), text(alert['kind']), text(alert['checkName']), text(alert['target']), text(alert['openedAt']), stateOf(alert)],
  });
}

function stateOf(alert: Row): string {
  if (alert['isOpen'] !== true) return `${text(alert['ending'])} ${text(alert['closedAt'])}`;
  if (alert['acknowledgedAt'] !== null) return `acknowledged by ${text(alert['acknowledgedBy'])}`;
  return alert['snoozedUntil'] === null ? 'open' : `snoozed until ${text(alert['snoozedUntil'])}`;
}

export type AlertAct = 'acknowledge' | 'snooze' | 'resolve';
const DONE: Readonly<Record<AlertAct, string>> = { acknowledge: 'acknowledged', snooze: 'snoozed', resolve: 'resolved' };

/** `time` of a snooze: how long, as `2h`. */
export async function actOnAlert({ env, output }: Context, id: string, act: AlertAct, time?: string): Promise<ExitCode> {
  const ms = time === undefined ? null : parseDurationMs(time);
  if (time !== undefined && ms === null) throw new CliProblem(EXIT.usage, `'${time}' is no length of time; give one like 30m, 2h or 1d`);
  const body = ms === null ? null : { minutes: Math.max(1, Math.round(ms / MINUTE_MS)) };
  const answer = await new ApiClient(await apiAccess(env)).send({ method: 'POST', path: `/v1/alerts/${encodeURIComponent(id)}/${act}`, ...(body ? { body } : {}) });
  output.answer(answer.body, () => [`${DONE[act]} alert ${id}`]);
  return EXIT.ok;
}

export function listChannels(context: Context): Promise<ExitCode> {
  return showList(context, '/v1/alert-channels', {
    columns: ['ID', 'TYPE', 'WHERE', 'SUBSCRIBED'], empty: 'no alert channels yet',
    row: (channel) => {
      const config = asRecord(channel['config']);
      const where = ['name', 'address', 'number', 'url'].map((field) => config[field]).find((value) => typeof value === 'string' && value !== '');
      return [text(channel['id']), text(channel['type']), text(where), channel['autoSubscribe'] === true ? 'all checks' : text(Array.isArray(channel['subscriptions']) ? channel['subscriptions'].length : 0)];
    },
  });
}

export async function testChannel({ env, output }: Context, id: string): Promise<ExitCode> {
  const { body } = await new ApiClient(await apiAccess(env)).send({ method: 'POST', path: `/v1/alert-channels/${encodeURIComponent(id)}/test` });
  const { isDelivered, answer } = asRecord(body);
  output.answer(body, () => [safeText(isDelivered === true ? `channel ${id} took the test` : `channel ${id} did not take the test: ${text(asRecord(answer)['message'])}`)]);
  return isDelivered === true ? EXIT.ok : EXIT.failed;
}

export function listGroups(context: Context): Promise<ExitCode> {
  return showList(context, '/v1/check-groups', {
    columns: ['ID', 'NAME', 'ACTIVE', 'MUTED'], empty: 'no groups yet',
    row: (group) => [text(group['id']), text(group['name']), yes(group['activated']), yes(group['muted'])],
  });
}

export function listWindows(context: Context): Promise<ExitCode> {
  return showList(context, '/v1/maintenance-windows', {
    columns: ['ID', 'NAME', 'STATUS', 'NEXT CHANGE', 'ACTION', 'TAGS'], empty: 'no maintenance windows yet',
    row: (window) => [text(window['id']), text(window['name']), text(window['status']), text(window['nextChangeAt']), text(window['action']), Array.isArray(window['tags']) && window['tags'].length > 0 ? window['tags'].join(', ') : 'all checks'],
  });
}

export function listVariables(context: Context): Promise<ExitCode> {
  return showList(context, '/v1/variables', {
    columns: ['KEY', 'VALUE', 'KIND'], empty: 'no variables yet',
    row: (variable) => [text(variable['key']), variable['locked'] === true ? '[locked]' : text(variable['value']), variable['secret'] === true ? 'secret' : 'plain'],
  });
}

/** Makes it, or changes it where it is there. The value is never echoed. */
export async function setVariable({ env, output }: Context, key: string, value: string, { secret = false }: { readonly secret?: boolean }): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  const known = await api.get('/v1/variables');
  const isThere = Array.isArray(known) && known.map(asRecord).some((one) => one['key'] === key);
  const body = { value, secret };
  await api.send(isThere ? { method: 'PUT', path: `/v1/variables/${encodeURIComponent(key)}`, body } : { method: 'POST', path: '/v1/variables', body: { key, ...body } });
  output.answer({ set: key, secret }, () => [`${isThere ? 'changed' : 'made'} variable ${key}`]);
  return EXIT.ok;
}

export async function deleteVariable({ env, output }: Context, key: string): Promise<ExitCode> {
  await new ApiClient(await apiAccess(env)).send({ method: 'DELETE', path: `/v1/variables/${encodeURIComponent(key)}` });
  output.answer({ deleted: key }, () => [`deleted variable ${key}`]);
  return EXIT.ok;
}

export async function showUsage({ env, output }: Context): Promise<ExitCode> {
  const body = asRecord(await new ApiClient(await apiAccess(env)).get('/v1/usage/summary'));
  const total = asRecord(body['total']);
  const types = (Array.isArray(body['byCheckType']) ? body['byCheckType'].map(asRecord) : []).map((one) => [text(one['checkType']), text(one['source'] ?? 'here'), text(one['totalRuns'])]);
  const quotas = (Array.isArray(body['quotas']) ? body['quotas'].map(asRecord) : [])
    .map((quota) => `quota ${text(quota['pool'])}: ${text(quota['used'])} of ${text(quota['runsPerMonth'])} runs in ${text(quota['period'])}, ${text(quota['state'])}`);
  output.answer(body, () => [
    `${text(total['totalRuns'])} runs from ${text(body['from'])} to ${text(body['to'])}`,
    ...(types.length === 0 ? [] : table(['CHECK TYPE', 'COUNTED BY', 'RUNS'], types)), ...quotas,
  ].map(safeText));
  return EXIT.ok;
}

function text(value: unknown): string {
  return value === null || value === undefined ? '–' : String(value);
}

function yes(value: unknown): string {
  return value === true ? 'yes' : 'no';
}
