import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { type Modules, parseModules } from '#agent/blackbox/modules.ts';
import type { FileProblem } from '#agent/blackbox/yaml-file.ts';
import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem, problemOf } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { parseDurationMs } from '../duration.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { makeChecks, type Pairing } from '../import-blackbox/make-checks.ts';
import { prometheusTargets } from '../import-blackbox/prometheus-targets.ts';
import { type ImportNote, readPemFile } from '../import-blackbox/translate-module.ts';
import { safeText } from '../render/safe-text.ts';

export type ImportFlags = {
  /** host:port, separated by commas. */
  readonly targets?: string;
  /** Path of a prometheus.yml. */
  readonly prometheus?: string;
  /** Of these modules only, separated by commas. */
  readonly modules?: string;
  readonly locations?: string;
  readonly privateLocations?: string;
  readonly every?: string;
  readonly create?: boolean;
};

/**
 * `sonde import blackbox.yml`: the checks that its modules and the targets make, as YAML documents or JSON, or created.
 * What a check says otherwise goes to stderr by key; what it cannot say makes no check, and exit code 1.
 */
export async function importCommand(context: Context, path: string, flags: ImportFlags): Promise<ExitCode> {
  const { env, output } = context;
  const modules = await readModules(path);
  const { pairings, notes: found } = await pairingsOf(modules, flags);
  const { checks, notes: made } = makeChecks(modules, pairings, {
    everyMs: everyMsOf(flags.every), locations: listOf(flags.locations), privateLocations: listOf(flags.privateLocations), readPem: readPemFile,
  });
  const notes = [...found, ...made];
  if (!output.json) for (const note of notes) output.note(noteLine(note));
  if (flags.create) {
    if (listOf(flags.locations).length + listOf(flags.privateLocations).length === 0) throw new CliProblem(EXIT.usage, 'say where the checks shall run: --locations or --private-locations');
    const created = await createAll(new ApiClient(await apiAccess(env)), checks);
    output.answer({ checks: created, notes }, () => created.map((check) => `created ${safeText(String(check['name']))} (${String(check['id'])})`));
  } else {
    output.answer({ checks, notes }, () => checks.map((check) => `---\n${stringify(check).trimEnd()}`));
  }
  return notes.some(({ kind }) => kind === 'lost') ? EXIT.failed : EXIT.ok;
}

async function readModules(path: string): Promise<Modules> {
  const parsed = parseModules(await readText(path));
  if (!parsed.ok) throw fileProblem(path, parsed.problems);
  return parsed.modules;
}

async function pairingsOf(modules: Modules, flags: ImportFlags): Promise<{ readonly pairings: readonly Pairing[]; readonly notes: readonly ImportNote[] }> {
  const wanted = flags.modules === undefined ? null : listOf(flags.modules);
  const missing = (wanted ?? []).filter((name) => !modules.has(name));
  if (missing.length > 0) throw new CliProblem(EXIT.usage, `--modules: there is no module ${missing.join(', ')}; there are ${[...modules.keys()].join(', ')}`);
  if (flags.prometheus !== undefined) {
    const { targets, notes, problems } = prometheusTargets(await readText(flags.prometheus));
    if (problems.length > 0) throw fileProblem(flags.prometheus, problems);
    return {
      pairings: targets.filter(({ module }) => wanted === null || wanted.includes(module)).map(({ target, module, job, labels, everyMs, scrapeTimeoutMs }) => ({
        target, module, everyMs, scrapeTimeoutMs,
        tags: [`job:${job}`, ...Object.entries(labels).map(([name, value]) => `${name}:${value}`)],
      })),
      notes: notes.map(({ job, key, message }) => ({ kind: 'lost', module: `job ${job}`, key, message })),
    };
  }
  const targets = listOf(flags.targets);
  if (targets.length === 0) throw new CliProblem(EXIT.usage, 'a module file has no targets: give them with --targets host:port,… or --prometheus prometheus.yml');
  const names = wanted ?? [...modules.keys()];
  return { pairings: names.flatMap((module) => targets.map((target) => ({ module, target, tags: [], everyMs: null, scrapeTimeoutMs: null }))), notes: [] };
}

/** The same import twice creates nothing twice: the key of each request is what it says. */
async function createAll(api: ApiClient, checks: readonly Readonly<Record<string, unknown>>[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const created = [];
  for (const body of checks) {
    const key = createHash('sha256').update(JSON.stringify(body)).digest('hex');
    created.push(asRecord((await api.send({ method: 'POST', path: '/v1/checks/tcp', body, headers: { 'idempotency-key': key } })).body));
  }
  return created;
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliProblem(EXIT.usage, problemOf(error).message, [], error);
  });
}

function everyMsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDurationMs(text);
  if (ms === null || ms <= 0 || ms % 1000 !== 0) throw new CliProblem(EXIT.usage, `--every is '${text}' but must be a time such as 30s, 5m or 1h, in whole seconds`);
  return ms;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').map((part) => part.trim()).filter((part) => part !== '');
}

function noteLine({ kind, module, key, message }: ImportNote): string {
  return safeText(`${kind === 'lost' ? 'not imported' : 'differs'}: ${module}: ${key}: ${message}`);
}

function fileProblem(path: string, problems: readonly FileProblem[]): CliProblem {
  return new CliProblem(EXIT.usage, `${path} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`, problems.map((problem) => ({ ...problem, message: `${path}:${problem.message}` })));
}
