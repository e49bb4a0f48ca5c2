import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { instantOf } from '../instant.ts';
import { safeText } from '../render/safe-text.ts';
import { table, type Cell } from '../render/table.ts';
import { findCheck } from './find-check.ts';

export type AuditFlags = { readonly from?: string; readonly to?: string; readonly check?: string };

const DAY_MS = 86_400_000;
/** The API counts so many slots at once and no more; a day of ten checks stays well below. */
const PART_MS = DAY_MS;
const PAGE_ENTRIES = 10;
/** A wrong year is a mistake, not a wish for a million questions. */
const RANGE_MAX_MS = 400 * DAY_MS;

const COUNTS = ['due', 'results', 'gapCount', 'pending', 'missing', 'double', 'surplus', 'unowed', 'lateReplacements'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
type Range = { readonly fromMs: number; readonly toMs: number };
type Audited = Counts & { readonly checkId: string; readonly name: string; readonly isDeleted: boolean; readonly gaps: unknown[]; gapsOmitted: number; readonly locations: Map<string, Counts> };

/** `sonde audit`: every due slot of the account has a result or a reason, or the exit code is 1. */
export async function auditCommand({ env, output, stop }: Context, flags: AuditFlags, nowMs = Date.now()): Promise<ExitCode> {
  const range = rangeOf(flags, nowMs);
  const api = new ApiClient(await apiAccess(env));
  const only = flags.check === undefined ? null : await checkIdOf(api, flags.check);
  const audited = new Map<string, Audited>();
  for (const part of partsOf(range)) {
    output.progress(`counting ${new Date(part.fromMs).toISOString().slice(0, 10)} …`);
    for await (const entry of entriesOf(api, part, only, stop)) add(audited, entry);
  }
  output.progress(null);
  const checks = [...audited.values()];
  const total = sum(checks);
  const isComplete = total.missing === 0 && total.double === 0;
  output.answer({
    from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString(), isComplete, ...total,
    checks: checks.map((check) => ({ ...check, locations: [...check.locations].map(([location, counts]) => ({ location, ...counts })) })),
  }, () => [...lines(checks, (cell) => output.colors.red(cell)), '', isComplete
    ? output.colors.green(`${total.due} slots were due: each has a result or a reason, or is pending`)
    : output.colors.red(`${total.due} slots were due: ${total.missing} are missing, ${total.double} are there more than once`)]);
  return isComplete ? EXIT.ok : EXIT.failed;
}

/** A check that was deleted has no name any more that could be found, but its slots were due. */
async function checkIdOf(api: ApiClient, idOrName: string): Promise<string> {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(idOrName) ? idOrName : String((await findCheck(api, idOrName))['id']);
}

function rangeOf({ from = '24h', to }: AuditFlags, nowMs: number): Range {
  const toMs = to === undefined ? Math.floor(nowMs) : instantOf('--to', to, nowMs);
  const fromMs = instantOf('--from', from, nowMs);
  if (fromMs >= Math.min(toMs, nowMs)) throw new CliProblem(EXIT.usage, '--from must be before --to and before now');
  if (toMs - fromMs > RANGE_MAX_MS) throw new CliProblem(EXIT.usage, `the range is longer than ${RANGE_MAX_MS / DAY_MS} days`);
  return { fromMs, toMs: Math.min(toMs, Math.floor(nowMs)) };
}

/** In parts that the API counts at once; slots are apart by when they were due, so the parts add up. */
function partsOf({ fromMs, toMs }: Range): readonly Range[] {
  const parts: Range[] = [];
  for (let at = fromMs; at < toMs; at += PART_MS) parts.push({ fromMs: at, toMs: Math.min(toMs, at + PART_MS) });
  return parts;
}

async function* entriesOf(api: ApiClient, { fromMs, toMs }: Range, checkId: string | null, stop: AbortSignal): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  if (checkId !== null) {
    yield asRecord(await api.get(`/v1/checks/${checkId}/completeness?${new URLSearchParams(range)}`, stop));
    return;
  }
  for (let page = 1, seen = 0; ; page += 1) {
    const query = new URLSearchParams({ ...range, limit: String(PAGE_ENTRIES), page: String(page) });
    const body = asRecord(await api.get(`/v1/completeness?${query}`, stop));
    const entries = Array.isArray(body['entries']) ? body['entries'].map(asRecord) : [];
    yield* entries;
    seen += entries.length;
    if (entries.length === 0 || seen >= Number(body['total'])) return;
  }
}

function add(audited: Map<string, Audited>, entry: Readonly<Record<string, unknown>>): void {
  const checkId = String(entry['checkId']);
  const known: Audited = audited.get(checkId)
    ?? { checkId, name: String(entry['name']), isDeleted: entry['isDeleted'] === true, ...none(), gaps: [], gapsOmitted: 0, locations: new Map() };
  audited.set(checkId, known);
  addCounts(known, entry);
  known.gapsOmitted += Number(entry['gapsOmitted'] ?? 0);
  if (Array.isArray(entry['gaps'])) known.gaps.push(...entry['gaps']);
  for (const one of Array.isArray(entry['locations']) ? entry['locations'].map(asRecord) : []) {
    const counts = known.locations.get(String(one['location'])) ?? none();
    known.locations.set(String(one['location']), counts);
    addCounts(counts, one);
  }
}

function none(): Counts {
  return { due: 0, results: 0, gapCount: 0, pending: 0, missing: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: 0 };
}

function addCounts(into: Counts, more: Readonly<Record<string, unknown>>): void {
  for (const name of COUNTS) {
    // What is not understood must not pass for complete.
    if (typeof more[name] !== 'number') throw new CliProblem(EXIT.failed, `the API's answer has no number '${name}'`);
    into[name] += more[name];
  }
}

function sum(all: readonly Counts[]): Counts {
  const total = none();
  for (const counts of all) addCounts(total, counts);
  return total;
}

function lines(checks: readonly Audited[], red: (text: string) => string): readonly string[] {
  if (checks.length === 0) return ['no check was active in this time'];
  const wrong = (count: number): Cell => (count === 0 ? '0' : { text: String(count), paint: red });
  return table(['CHECK', 'DUE', 'RESULTS', 'GAPS', 'PENDING', 'MISSING', 'DOUBLE', 'SURPLUS', 'LATE', 'GAPS BY REASON'], checks.map((check) => [
    safeText(check.name) + (check.isDeleted ? ' (deleted)' : ''), String(check.due), String(check.results), String(check.gapCount), String(check.pending),
    wrong(check.missing), wrong(check.double), String(check.surplus), String(check.lateReplacements), reasonsOf(check),
  ]));
}

function reasonsOf({ gaps, gapsOmitted }: Audited): string {
  const byReason = new Map<string, number>();
  for (const gap of gaps.map(asRecord)) byReason.set(String(gap['reason']), (byReason.get(String(gap['reason'])) ?? 0) + Number(gap['count']));
  if (gapsOmitted > 0) byReason.set('not listed', gapsOmitted);
  return [...byReason].sort(([, one], [, other]) => other - one).map(([reason, count]) => `${safeText(reason)} ${count}`).join(', ');
}
