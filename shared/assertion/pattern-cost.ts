/**
 * How much a compiled pattern can cost per character of text, decided from the program alone.
 *
 * A linear-time engine steps every live thread for every character, so its worst cost is the number of
 * instructions that can be live at once. After reading a character only the successors of instructions that accept
 * it (and the start again) are live; the largest such set over all classes of characters is the bound. A long
 * literal stays cheap by this measure, nested counted repetition does not: that is what the program's mere size
 * cannot tell apart.
 */
export type Program = { readonly inst: readonly Instruction[]; readonly start: number };

/** The fields of re2js' instructions that are read here; `pattern.test.ts` fails if a new version changes them. */
export type Instruction = {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  matchRune(rune: number): boolean;
};

const OP = { alt: 1, altMatch: 2, capture: 3, emptyWidth: 4, nop: 7, rune: 8, runeAnyNotNewline: 11 } as const;

/** The most instructions live at once; `classBounds` are the first characters of the program's character classes. */
export function liveInstructionsMax(program: Program, classBounds: Iterable<number>): number {
  const consuming = program.inst.filter((inst) => inst.op >= OP.rune && inst.op <= OP.runeAnyNotNewline);
  let most = 0;
  const seen = new Set<string>();
  for (const rune of [0, ...classBounds]) {
    const successors = consuming.filter((inst) => inst.matchRune(rune)).map((inst) => inst.out);
    const key = successors.join();
    if (seen.has(key)) continue;
    seen.add(key);
    most = Math.max(most, closureSize(program, [program.start, ...successors]));
  }
  return most;
}

/** What is reachable without reading a character, every assertion taken as true. */
function closureSize(program: Program, from: readonly number[]): number {
  const reached = new Set<number>();
  const open = [...from];
  for (let pc = open.pop(); pc !== undefined; pc = open.pop()) {
    if (reached.has(pc)) continue;
    reached.add(pc);
    const inst = program.inst[pc];
    if (inst === undefined) continue;
    if (inst.op === OP.alt || inst.op === OP.altMatch) open.push(inst.out, inst.arg);
    else if (inst.op === OP.capture || inst.op === OP.emptyWidth || inst.op === OP.nop) open.push(inst.out);
  }
  return reached.size;
}
