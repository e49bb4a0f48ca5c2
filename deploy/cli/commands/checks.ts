import { stringify } from 'yaml';
import { intervalMsOf } from '#shared/check/check.ts';
import { ApiClient, asRecord } from '../api-client.ts';
import { type CheckFlags, checkFromFlags, withChanges } from '../check-from-flags.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { formatDuration } from '../duration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { safeText } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import { findCheck } from './find-check.ts';
import { readFlagFiles } from './flag-files.ts';
import { readDefinition } from './read-definition.ts';

type Fields = Readonly<Record<string, unknown>>;

const PAGE_ENTRIES = 100;
/** As many checks as are listed at once; more need a search. */
const LISTED_MAX = 10_000;

export async function listChecks({ env, output }: Context, flags: { tag?: string; search?: string }): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  const checks = await everyCheck(api, flags);
  const statuses = new Map((await listOf(api, '/v1/check-statuses')).map((status) => [status['checkId'], String(status['status'])]));
  output.answer(checks, () => {
    if (checks.length === 0) return ['no checks yet: create one with `sonde checks create`'];
    return table(['ID', 'NAME', 'TARGET', 'EVERY', 'WHERE', 'STATUS'], checks.map((check) => [
      String(check['id']), safeText(String(check['name'])), targetOf(check), everyOf(check), whereOf(check), stateOf(check, statuses),
    ]));
  });
  return EXIT.ok;
}

export async function getCheck({ env, output }: Context, idOrName: string): Promise<ExitCode> {
  const check = await findCheck(new ApiClient(await apiAccess(env)), idOrName);
  // As YAML: what is shown can be edited and given back with --file.
  output.answer(check, () => stringify(check).trimEnd().split('\n'));
  return EXIT.ok;
}

export async function createCheck({ env, output }: Context, flags: CheckFlags & { file?: string; idempotencyKey?: string }): Promise<ExitCode> {
  const changes = checkFromFlags(flags, await readFlagFiles(flags));
  const body = flags.file === undefined ? changes : withChanges(await readDefinition(flags.file), changes);
  if (Object.keys(body).length === 0) {
    throw new CliProblem(EXIT.usage, 'say what to check: --name, --host, --port and --locations, or --file check.yaml (see `sonde checks create --help`)');
  }
  const api = new ApiClient(await apiAccess(env));
  const answer = await api.send({
    method: 'POST', path: '/v1/checks/tcp', body,
    headers: flags.idempotencyKey === undefined ? {} : { 'idempotency-key': flags.idempotencyKey },
  });
  output.answer(answer.body, () => [savedLine('created', asRecord(answer.body))]);
  return EXIT.ok;
}

export async function updateCheck({ env, output }: Context, idOrName: string, flags: CheckFlags & { file?: string }): Promise<ExitCode> {
  const changes = checkFromFlags(flags, await readFlagFiles(flags));
  if (flags.file === undefined && Object.keys(changes).length === 0) throw new CliProblem(EXIT.usage, 'say what to change, for example --every 1m');
  const api = new ApiClient(await apiAccess(env));
  const check = await findCheck(api, idOrName);
  const body = withChanges(flags.file === undefined ? writable(check) : await readDefinition(flags.file), changes);
  const answer = await api.send({
    method: 'PUT', path: `/v1/checks/tcp/${String(check['id'])}`, body,
    // Somebody else's change between reading and writing is refused, not overwritten.
    headers: { 'if-match': `"${String(check['revision'])}"` },
  });
  output.answer(answer.body, () => [savedLine('updated', asRecord(answer.body))]);
  return EXIT.ok;
}

export async function deleteCheck({ env, output }: Context, idOrName: string): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  const check = await findCheck(api, idOrName);
  const id = String(check['id']);
  await api.send({ method: 'DELETE', path: `/v1/checks/${id}` });
  output.answer({ deleted: id }, () => [`deleted ${safeText(String(check['name']))} (${id})`]);
  return EXIT.ok;
}

async function everyCheck(api: ApiClient, flags: { tag?: string; search?: string }): Promise<readonly Fields[]> {
  const checks: Fields[] = [];
  for (let page = 1; checks.length < LISTED_MAX; page += 1) {
    const query = new URLSearchParams({ limit: String(PAGE_ENTRIES), page: String(page), ...flags });
    const entries = await listOf(api, `/v1/checks?${query}`);
    checks.push(...entries);
    if (entries.length < PAGE_ENTRIES) break;
  }
  return checks;
}

async function listOf(api: ApiClient, path: string): Promise<readonly Fields[]> {
  const body = await api.get(path);
  return Array.isArray(body) ? body.map(asRecord) : [];
}

/** What the server adds to a check is not for sending back. */
function writable(check: Fields): Fields {
  const { id: _id, created_at: _created, updated_at: _updated, revision: _revision, ...rest } = check;
  return rest;
}

function savedLine(verb: string, check: Fields): string {
  const name = safeText(String(check['name']));
  return `${verb} ${name} (${String(check['id'])}): ${targetOf(check)} every ${everyOf(check)} from ${whereOf(check)}. Watch it with \`sonde results ${String(check['id'])} --follow\`.`;
}

function targetOf(check: Fields): string {
  const request = asRecord(check['request']);
  const host = String(request['hostname']);
  return safeText(`${host.includes(':') ? `[${host}]` : host}:${String(request['port'])}`);
}

function everyOf(check: Fields): string {
  const offset = check['frequencyOffset'];
  return formatDuration(intervalMsOf({ frequency: Number(check['frequency']), frequencyOffset: typeof offset === 'number' ? offset : null }));
}

function whereOf(check: Fields): string {
  const names = [check['locations'], check['privateLocations']].flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
  return `${names.join(',')} ${check['runParallel'] === true ? '(parallel)' : '(round-robin)'}`;
}

function stateOf(check: Fields, statuses: ReadonlyMap<unknown, string>): string {
  if (check['activated'] === false) return 'inactive';
  const status = statuses.get(check['id']);
  return `${status === undefined || status === 'noData' ? 'no data' : status}${check['muted'] === true ? ', muted' : ''}`;
}
