import { RE2JS, RE2JSSyntaxException } from 're2js';
import { liveInstructionsMax, type Program } from './pattern-cost.ts';
import { couldMatchChange } from './pattern-growth.ts';

/** A user's regular expression, compiled once, on an engine whose time is linear in the text (rules.md 17). */
export type Pattern = {
  readonly source: string;
  /** Instructions that can be live at once: the cost of one character in the worst case. */
  readonly cost: number;
  /** The leftmost match at or after `from` (UTF-16 index); `^` and `\b` still see the text before it. */
  find(text: string, from?: number): PatternMatch | null;
  /** Is there a match? Cheaper than `find`. */
  test(text: string, from?: number): boolean;
  /** Could more text at the end make the leftmost match another one? Costs about as much as `find`. */
  couldMatchChange(text: string): boolean;
};

export type PatternMatch = {
  /** UTF-16 indices into the text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Capture groups 1…n; null for one that took no part. */
  readonly groups: readonly (string | null)[];
  /** Named groups that took part. */
  readonly named: Readonly<Record<string, string>>;
};

/** product.md §3. */
export const PATTERN_CHARS_MAX = 512;
/** Bounds the compiled program's memory and the time to weigh it: `\pL{1000}` and its like end here. */
const PROGRAM_SIZE_MAX = 1_000;
/** A step of one live instruction was measured at 17–37 ns: 42 of them over 64 KiB stay near 100 ms at worst (rules.md 17). */
export const PATTERN_COST_MAX = 42;
/** Of the engine's state cache, per pattern; past it the engine falls back to stepping, bounded by the cost above. */
const STATE_CACHE_BYTES_MAX = 512 * 1024;

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly problem: string };

/** A problem is a sentence for the person who wrote the pattern; nothing is thrown. */
export function compilePattern(source: string): CompiledPattern {
  if (source.length > PATTERN_CHARS_MAX) {
    return refused(`a regular expression has at most ${PATTERN_CHARS_MAX} characters, this one has ${source.length}`);
  }
  // The translation from JavaScript's escapes would turn this one into a plain k.
  if (NAMED_BACK_REFERENCE.test(source)) return refused(NO_BACK_REFERENCES);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    if (error instanceof Error) return refused(syntaxProblem(source, error));
    throw error;
  }
  if (compiled.programSize() > PROGRAM_SIZE_MAX) return refused(tooCostly('its repetitions unfold to too large a program'));
  const cost = weigh(compiled);
  if (cost > PATTERN_COST_MAX) {
    return refused(tooCostly(`up to ${cost} of its parts could be tried at once for every character, the limit is ${PATTERN_COST_MAX}`));
  }
  return { ok: true, pattern: patternOf(source, compiled, cost) };
}

function patternOf(source: string, compiled: RE2JS, cost: number): Pattern {
  const engine = compiled.re2();
  const groupCount = compiled.groupCount();
  const names = Object.entries(compiled.namedGroups());
  const test = (text: string, from = 0): boolean =>
    from <= text.length && engine.matchWithGroup(text, from, text.length, UNANCHORED, 0)[0] === true;
  return {
    source,
    cost,
    test,
    couldMatchChange: (text) => couldMatchChange((engine as unknown as { readonly prog: Program }).prog, text),
    find(text, from = 0) {
      // The state machine answers "is there any?" some twenty times faster than positions are found.
      if (!test(text, from)) return null;
      const [found, at] = engine.matchWithGroup(text, from, text.length, UNANCHORED, 1 + groupCount) as [boolean, number[] | null];
      if (!found || at === null) return null;
      return matchAt(text, at, groupCount, names);
    },
  };
}

const UNANCHORED = 0;

function matchAt(text: string, at: readonly number[], groupCount: number, names: readonly [string, number][]): PatternMatch {
  const group = (index: number): string | null => {
    const [start, end] = [at[2 * index] ?? -1, at[2 * index + 1] ?? -1];
    return start < 0 || end < 0 ? null : text.slice(start, end);
  };
  const groups = Array.from({ length: groupCount }, (_, index) => group(index + 1));
  const named = names.flatMap(([name, index]) => {
    const value = group(index);
    return value === null ? [] : [[name, value] as const];
  });
  return { start: at[0] ?? 0, end: at[1] ?? 0, text: group(0) ?? '', groups, named: Object.fromEntries(named) };
}

/** Reads the compiled program; also caps the memory of the engine's state machine. */
function weigh(compiled: RE2JS): number {
  const engine = compiled.re2() as unknown as {
    readonly prog: Program;
    readonly dfa: { readonly classBounds: Int32Array; maxMem: number; stateBudget: number; memBudget: number };
  };
  const dfa = engine.dfa;
  dfa.maxMem = dfa.stateBudget = dfa.memBudget = STATE_CACHE_BYTES_MAX;
  return liveInstructionsMax(engine.prog, dfa.classBounds);
}

function syntaxProblem(source: string, error: Error): string {
  if (/\(\?<?[=!]/.test(source)) {
    return 'look-ahead and look-behind ((?=…), (?!…), (?<=…), (?<!…)) are not supported: patterns run on a linear-time engine';
  }
  if (/(^|[^\\])(\\\\)*\\[1-9]/.test(source)) return NO_BACK_REFERENCES;
  if (/\(\?>|[*+?}]\+/.test(source)) {
    return 'atomic groups and possessive quantifiers are not supported, and not needed: patterns run on a linear-time engine that never backtracks';
  }
  if (error instanceof RE2JSSyntaxException && error.error === 'invalid repeat count') {
    return `${error.getPattern() ?? 'a repetition'} repeats too often: nested counts may multiply to at most 1000`;
  }
  if (error instanceof RE2JSSyntaxException) {
    const where = error.getPattern();
    return `not a valid regular expression: ${error.getDescription()}${where ? ` at ${where}` : ''}`;
  }
  return `not a valid regular expression: ${error.message}`;
}

const NAMED_BACK_REFERENCE = /(^|[^\\])(\\\\)*\\k[<{']/;
const NO_BACK_REFERENCES = 'back-references (\\1, \\k<name>) are not supported: patterns run on a linear-time engine';

function tooCostly(why: string): string {
  return `this regular expression could take too long: ${why}; use smaller counts, or + and * instead of {n,m}`;
}

function refused(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
