/**
 * `npm run fuzz:patterns -- --patterns 1000 --seed 1`: evil regular expressions are refused when a check is saved, or
 * stay within an attempt's budget on 64 KiB that arrive in pieces, and cost at most 2.5 times as much on twice the
 * text. Steps are counted, so the verdict is the same on every machine; times are only reported. Exits with 1 if not.
 */
import { parseArgs } from 'node:util';
import { percentile } from '../bench/statistics.ts';
import { evilPatterns } from './pattern/evil-patterns.ts';
import { type PatternFacts, weighPattern } from './pattern/pattern-laws.ts';

const { values: given } = parseArgs({
  options: { patterns: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' }, bytes: { type: 'string', default: '65536' }, pieces: { type: 'string', default: '64' } },
});
const sources = evilPatterns(Number(given.seed), Number(given.patterns));
const started = performance.now();
const facts = sources.map((source) => weighPattern(source, { bytes: Number(given.bytes), pieces: Number(given.pieces), isTimed: true }));
const accepted = facts.filter((each): each is PatternFacts => each !== null);
const broken = accepted.filter(({ problem }) => problem !== null);
const most = (of: (each: PatternFacts) => number): PatternFacts | undefined => accepted.toSorted((a, b) => of(b) - of(a))[0];

say(`${sources.length} patterns in ${((performance.now() - started) / 1000).toFixed(0)} s: ${sources.length - accepted.length} refused when saved, ${accepted.length} accepted`);
say(`dearest attempt: ${most((each) => each.attemptSteps)?.attemptSteps} steps by /${most((each) => each.attemptSteps)?.source}/`);
const cpuMs = accepted.map((each) => each.attemptCpuMs ?? 0).toSorted((a, b) => a - b);
say(`CPU of an attempt, ms: median ${percentile(cpuMs, 0.5).toFixed(0)}, p99 ${percentile(cpuMs, 0.99).toFixed(0)}, most ${cpuMs.at(-1)?.toFixed(0)} by /${most((each) => each.attemptCpuMs ?? 0)?.source}/`);
say(`steepest doubling: ${most((each) => each.doubling)?.doubling.toFixed(2)} by /${most((each) => each.doubling)?.source}/`);
for (const { source, problem } of broken.slice(0, 20)) say(`/${source}/: ${problem}`);
say(broken.length === 0 ? 'all within the budget' : `${broken.length} beyond the budget`);
process.exitCode = broken.length === 0 ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
