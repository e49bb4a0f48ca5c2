import { RE2JS } from 're2js';
import { compilePattern, type Pattern } from '#shared/assertion/pattern.ts';

/** A pattern that counts what it costs: one step for each character of a text, one for each instruction followed. */
export type CountedPattern = {
  readonly pattern: Pattern;
  /** Instructions of the program. */
  readonly size: number;
  steps(): number;
};

type Instruction = { out: number };

/**
 * The pattern as the product compiles it, on an engine whose instructions count how often they are followed. That is
 * the work of the stepping engines and of building the state machine; a step of a state machine that is built, or of
 * a one-pass program, is a character. It is the same on every machine and at every load. null: refused when saved.
 */
export function countedPattern(source: string): CountedPattern | null {
  const compiled = compilePattern(source);
  if (!compiled.ok) return null;
  const counter = { steps: 0 };
  let counting: { readonly inst: readonly Instruction[] } | null = null;
  const compile = RE2JS.compile.bind(RE2JS);
  // The product's own way to compile, with a look at what the engine made on the way.
  RE2JS.compile = (...args: Parameters<typeof RE2JS.compile>) => {
    const made = compile(...args);
    counting = (made.re2() as unknown as { readonly prog: { readonly inst: readonly Instruction[] } }).prog;
    return made;
  };
  let counted;
  try {
    counted = compilePattern(source);
  } finally {
    RE2JS.compile = compile;
  }
  const program = counting as { readonly inst: readonly Instruction[] } | null;
  if (!counted.ok || program === null) throw new Error(`invariant: ${source} compiled once and not again`);
  for (const instruction of program.inst) count(instruction, counter);
  const { pattern } = counted;
  return {
    size: program.inst.length,
    steps: () => counter.steps,
    pattern: {
      ...pattern,
      test(text, from) {
        counter.steps += text.length;
        return pattern.test(text, from);
      },
      find(text, from) {
        counter.steps += text.length;
        return pattern.find(text, from);
      },
    },
  };
}

function count(instruction: Instruction, counter: { steps: number }): void {
  let { out } = instruction;
  Object.defineProperty(instruction, 'out', {
    get: () => { counter.steps += 1; return out; },
    set: (value: number) => { out = value; },
  });
}
