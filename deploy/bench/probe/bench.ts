/**
 * What a check costs and how true its times are: Sonde's agent, blackbox_exporter, a plain Node loop and a C prober, in
 * turn, round by round, against one target that knows the truth. `--rounds 5 --quick --json --only sonde,c`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { AGENT_NODE_FLAGS } from '../../agent/node-flags.ts';
import { say } from '../command-line.ts';
import { keepCompiled } from '../../cli/keep-compiled.ts';
import { onInterrupt } from '../interrupt.ts';
import { machine, machineLine } from '../machine.ts';
import { compileC } from './c-process.ts';
import { openCProber } from './c-prober.ts';
import { openChildProber } from './child-prober.ts';
import { measure } from './measure.ts';
import { PROBER_NAMES, type Prober, type ProberName } from './prober.ts';
import { scenarios, warmUp, type Scenario } from './scenarios.ts';
import { summarize, type Round, type ScenarioSummary } from './summary.ts';
import { probeTable } from './table.ts';
import { Target } from './target-process.ts';

export type ProbeReport = {
  readonly bench: 'probe';
  readonly machine: ReturnType<typeof machine>;
  readonly rounds: number;
  readonly scenarios: readonly ScenarioSummary[];
  /** Why a prober has no figures. */
  readonly notRun: Readonly<Partial<Record<ProberName, string>>>;
};

/** The whole run: six minutes, or one; a round that would not fit is not begun. */
const FULL_MS = 360_000;
const QUICK_MS = 60_000;

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
    only: { type: 'string', default: PROBER_NAMES.join(',') },
  },
});
const wanted = new Set(given.only.split(','));
const roundsMax = Number(given.rounds ?? (given.quick ? 1 : 5));
if (!Number.isInteger(roundsMax) || roundsMax < 1 || roundsMax > 50) fail(`--rounds must be a whole number from 1 to 50, not '${given.rounds}'`);
for (const name of wanted) if (!(PROBER_NAMES as readonly string[]).includes(name)) fail(`--only takes ${PROBER_NAMES.join(', ')}, not '${name}'`);

// As an agent that has started before: without it each process holds the code that reads TypeScript, too.
keepCompiled(fileURLToPath(new URL('../../../node_modules/.cache/sonde-compile', import.meta.url)));
const dir = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const ends: (() => Promise<void>)[] = [];
onInterrupt(endAll);
try {
  const report = await run();
  process.stdout.write(given.json ? `${JSON.stringify(report, null, 2)}\n` : `${machineLine(report.machine)}; ${report.rounds} rounds\n\n${probeTable(report.scenarios, report.notRun)}\n`);
} finally {
  await endAll();
}

async function run(): Promise<ProbeReport> {
  const startedMs = performance.now();
  const on = machine();
  const binary = compileC('target', dir);
  if (binary === null) throw new Error('the bench needs a C compiler (cc) for its target');
  const target = await Target.open(binary);
  ends.push(() => target.end());
  const { probers, notRun } = await openProbers(target.port);
  const list = scenarios(given.quick);
  say(`warming up ${probers.map(({ name }) => name).join(', ')}`);
  for (const prober of probers) await prober.run(warmUp(given.quick));
  const rounds = new Map<Scenario, Round[]>(list.map((scenario) => [scenario, []]));
  let done = 0;
  let longestMs = 0;
  for (; done < roundsMax && performance.now() - startedMs + longestMs < (given.quick ? QUICK_MS : FULL_MS); done += 1) {
    const roundMs = performance.now();
    for (const scenario of list) rounds.get(scenario)!.push(await measureRound(scenario, done, { probers, target }));
    longestMs = Math.max(longestMs, performance.now() - roundMs);
    say(`round ${done + 1} of ${roundsMax} took ${Math.round((performance.now() - roundMs) / 1000)} s`);
  }
  return { bench: 'probe', machine: on, rounds: done, scenarios: list.map((scenario) => summarize(scenario, rounds.get(scenario)!)), notRun };
}

/** Each prober begins once: whoever comes first finds another machine than the last. */
async function measureRound(scenario: Scenario, round: number, { probers, target }: { readonly probers: readonly Prober[]; readonly target: Target }): Promise<Round> {
  const part = probers.filter(({ name }) => name !== 'sondeWhole' || scenario.withWhole);
  const first = round % part.length;
  const seen: Round = {};
  for (const prober of [...part.slice(first), ...part.slice(0, first)]) seen[prober.name] = await measure(prober, target, scenario);
  say(`${scenario.name}: ${part.map(({ name }) => `${name} ${Math.round(seen[name]!.cpuUsPerCheck)} µs at ${Math.round(seen[name]!.checksPerSecond)}/s`).join(', ')}`);
  return seen;
}

async function openProbers(port: number): Promise<{ readonly probers: readonly Prober[]; readonly notRun: Partial<Record<ProberName, string>> }> {
  const ways: Readonly<Record<ProberName, { readonly open: () => Promise<Prober>; readonly needs: string }>> = {
    sonde: { open: () => openChildProber('sonde', './sonde-prober.ts', { args: [`${port}`, 'core'], execArgv: AGENT_NODE_FLAGS }), needs: 'it did not start' },
    sondeKernel: { open: () => openChildProber('sondeKernel', './sonde-prober.ts', { args: [`${port}`, 'core', 'kernel'], execArgv: AGENT_NODE_FLAGS }), needs: 'the kernel-timed engine refuses' },
    sondeWhole: { open: () => openChildProber('sondeWhole', './sonde-prober.ts', { args: [`${port}`, 'whole'], execArgv: AGENT_NODE_FLAGS }), needs: 'it did not start' },
    blackbox: { open: () => openChildProber('blackbox', './blackbox-driver.ts', { args: [`${port}`] }), needs: "needs Debian's package prometheus-blackbox-exporter" },
    node: { open: () => openChildProber('node', './node-prober.ts', { args: [`${port}`] }), needs: 'it did not start' },
    c: { open: () => openC(port), needs: 'needs a C compiler' },
  };
  const probers: Prober[] = [];
  const notRun: Partial<Record<ProberName, string>> = {};
  for (const name of PROBER_NAMES) {
    if (!wanted.has(name)) { notRun[name] = 'not asked for'; continue; }
    try {
      const prober = await ways[name].open();
      ends.push(() => prober.end());
      probers.push(prober);
    } catch (error) {
      notRun[name] = ways[name].needs;
      say(`${name}: not run, ${ways[name].needs}: ${(error as Error).message}`);
    }
  }
  return { probers, notRun };
}

async function openC(port: number): Promise<Prober> {
  const binary = compileC('prober', dir);
  if (binary === null) throw new Error('it does not compile');
  return openCProber(binary, port);
}

async function endAll(): Promise<void> {
  await Promise.all(ends.splice(0).map((end) => end()));
  rmSync(dir, { recursive: true, force: true });
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(2);
}
