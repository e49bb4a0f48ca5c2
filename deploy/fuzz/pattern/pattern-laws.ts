import { Buffer } from 'node:buffer';
import { DataAssertions } from '#shared/assertion/standing.ts';
import type { CompiledAssertion } from '#shared/assertion/compile.ts';
import { compilePattern, type Pattern } from '#shared/assertion/pattern.ts';
import { Random } from '../random.ts';
import { countedPattern } from './counted-pattern.ts';

/** The product's own count of an attempt's budget (standing.ts), which stands for 100 ms (rules.md 17). */
const BUDGET_STEPS = 4_000_000;
/** The count here is of instructions followed, alternatives and captures too; the product's bound counts those that are live. */
const FOLLOWED_PER_LIVE = 3;
const DOUBLING_MAX = 2.5;

export type PatternFacts = {
  readonly source: string;
  readonly cost: number;
  /** Steps of one attempt that is fed the hostile text in pieces, and then judged. */
  readonly attemptSteps: number;
  /** User CPU of the dearest such attempt without counting, the better of two; null: not measured. */
  readonly attemptCpuMs: number | null;
  /**
   * The greatest ratio of steps on 2n characters to steps on n, over the hostile texts. The engine backtracks (never
   * twice over one place) through short texts and steps through longer ones; n is beyond that change, whose cost the
   * ceiling below bounds.
   */
  readonly doubling: number;
  readonly problem: string | null;
};

export type PatternTrial = { readonly bytes: number; readonly pieces: number; readonly isTimed: boolean };

/** null: refused when saved, which is a good end, too. */
export function weighPattern(source: string, { bytes, pieces, isTimed }: PatternTrial): PatternFacts | null {
  const weighed = countedPattern(source);
  if (weighed === null) return null;
  const doublingFrom = steppedFrom(weighed.size);
  const doubling = Math.max(0, ...HOSTILE_TEXTS.map((text) => doublingOf(source, text(doublingFrom), text(2 * doublingFrom))));
  const attemptSteps = Math.max(...HOSTILE_TEXTS.map((text) => countedAttempt(source, text(bytes), pieces)));
  const attemptCpuMs = isTimed ? Math.max(...HOSTILE_TEXTS.map((text) => cpuMsOf(source, text(bytes), pieces))) : null;
  const { cost } = weighed.pattern;
  // What is under way when the budget ends is finished, and the end of the answer is judged in full, by test and find.
  const allowedSteps = (BUDGET_STEPS + 4 * bytes * (cost + 1)) * FOLLOWED_PER_LIVE;
  const problem = attemptSteps > allowedSteps ? `${attemptSteps} steps, allowed are ${allowedSteps}`
    : doubling > DOUBLING_MAX ? `twice the text costs ${doubling.toFixed(2)} times as much` : null;
  return { source, cost, attemptSteps, attemptCpuMs, doubling, problem };
}

function countedAttempt(source: string, text: string, pieces: number): number {
  const fresh = countedPattern(source);
  if (fresh === null) return 0;
  const before = fresh.steps();
  attempt(fresh.pattern, text, pieces);
  return fresh.steps() - before;
}

/** The better of two, so that what is compiled on first use does not count. */
function cpuMsOf(source: string, text: string, pieces: number): number {
  let best = Infinity;
  for (let round = 0; round < 2; round += 1) {
    const compiled = compilePattern(source);
    if (!compiled.ok) return 0;
    const before = process.cpuUsage().user;
    attempt(compiled.pattern, text, pieces);
    best = Math.min(best, (process.cpuUsage().user - before) / 1000);
  }
  return best;
}

/** The engine backtracks with a bit for each instruction and place; texts too long for these bits are stepped through. */
const BACKTRACKED_BITS = 256 * 1024;

/** A length beyond the change, as a power of two. */
function steppedFrom(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(4_096, BACKTRACKED_BITS / size) + 1));
}

/** Everything the probe does with a pattern: MATCHES while bytes arrive, then the end of the answer. */
function attempt(pattern: Pattern, text: string, pieces: number): void {
  const assertion = { source: 'RESPONSE_DATA', property: '', comparison: 'MATCHES', target: pattern.source } as const;
  const compiled: CompiledAssertion = { assertion, property: null, target: pattern, targetBytes: null };
  const data = new DataAssertions([compiled]);
  const bytes = Buffer.from(text).subarray(0, text.length);
  const size = Math.ceil(bytes.length / pieces);
  for (let at = 0; at < bytes.length && !data.allFinal; at += size) data.feed(bytes.subarray(at, at + size));
  data.holdNow();
}

/** 0 where only one of the two has a match: to find that there is none is another, cheaper, task. */
function doublingOf(source: string, once: string, twice: string): number {
  const [first, second] = [search(source, once), search(source, twice)];
  return first.hasMatch === second.hasMatch ? second.steps / first.steps : 0;
}

/** A search that has to end at the end: nothing of the text is remembered from another one. */
function search(source: string, text: string): { readonly steps: number; readonly hasMatch: boolean } {
  const fresh = countedPattern(source);
  if (fresh === null) return { steps: 1, hasMatch: false };
  const hasMatch = fresh.pattern.find(text) !== null;
  return { steps: fresh.steps() + text.length, hasMatch };
}

/** Texts that patterns cannot tell apart until their end, which is the same at every length (in characters). */
export const HOSTILE_TEXTS: readonly ((length: number) => string)[] = [
  (length) => `${'a'.repeat(length - 1)}\u0001`,
  (length) => `${'ab'.repeat(length / 2 - 1)}\u0001`,
  (length) => { const random = new Random(7); return `${Array.from({ length: length - 3 }, () => random.pick(['a', 'b'])).join('')}ab!`; },
  (length) => { const random = new Random(8); return `${Array.from({ length: length - 4 }, () => random.pick(['a', 'b', ' ', '\n', '0', '9', '\u212a', 'k', '\u03b1', ',', '"', '\u4e16', '.', '='])).join('')}a0 \u0001`; },
  (length) => `${' '.repeat(length - 1)}x`,
  (length) => '0101'.repeat(length / 4),
];
