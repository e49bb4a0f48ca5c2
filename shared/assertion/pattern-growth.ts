import type { Program } from './pattern-cost.ts';

/**
 * Could more text at the end make the leftmost match in `text` another one? Decided from the program alone: its
 * threads are followed in their order of preference, as the engine does, and those that are still alive at the end
 * and stand before the match could win over it. What looks at the end of the text (`$`, `\b`) is open there.
 */
export function couldMatchChange({ inst, start }: Program, text: string): boolean {
  const seenAt = new Int32Array(inst.length).fill(-1);
  let threads: number[] = [];
  let hasMatched = false;
  for (let at = 0; ; ) {
    const list = new ThreadList(inst, seenAt, text, at);
    for (const out of threads) if (!list.isCut) list.add(out);
    if (!hasMatched && !list.isCut) list.add(start);
    hasMatched ||= list.isCut;
    const rune = text.codePointAt(at);
    if (rune === undefined) return list.isOpen || list.consuming.length > 0;
    if (hasMatched && list.consuming.length === 0) return false;
    threads = list.consuming.filter((pc) => inst[pc]?.matchRune(rune) === true).map((pc) => inst[pc]?.out ?? 0);
    at += rune > 0xffff ? 2 : 1;
  }
}

/** Instructions of re2js, as in `pattern-cost.ts`. */
const OP = { alt: 1, altMatch: 2, capture: 3, emptyWidth: 4, match: 6, nop: 7, rune: 8, runeAnyNotNewline: 11 } as const;
const EMPTY = { beginLine: 1, endLine: 2, beginText: 4, endText: 8, wordBoundary: 16, noWordBoundary: 32 } as const;

/** The threads at one place of the text, in order of preference, up to the first that has matched. */
class ThreadList {
  /** Those that wait for a character. */
  readonly consuming: number[] = [];
  /** One has matched: those after it no longer count. */
  isCut = false;
  /** One depends on what follows the end of the text. */
  isOpen = false;
  readonly #inst: Program['inst'];
  readonly #seenAt: Int32Array;
  readonly #text: string;
  readonly #at: number;

  constructor(inst: Program['inst'], seenAt: Int32Array, text: string, at: number) {
    this.#inst = inst;
    this.#seenAt = seenAt;
    this.#text = text;
    this.#at = at;
  }

  add(from: number): void {
    const open = [from];
    for (let pc = open.pop(); pc !== undefined && !this.isCut; pc = open.pop()) {
      const inst = this.#inst[pc];
      if (inst === undefined || this.#seenAt[pc] === this.#at) continue;
      this.#seenAt[pc] = this.#at;
      if (inst.op === OP.match) this.isCut = true;
      else if (inst.op === OP.alt || inst.op === OP.altMatch) open.push(inst.arg, inst.out);
      else if (inst.op === OP.capture || inst.op === OP.nop) open.push(inst.out);
      else if (inst.op === OP.emptyWidth && this.#holds(inst.arg)) open.push(inst.out);
      else if (inst.op >= OP.rune && inst.op <= OP.runeAnyNotNewline) this.consuming.push(pc);
    }
  }

  #holds(wanted: number): boolean {
    const [before, after] = [this.#text[this.#at - 1], this.#text[this.#at]];
    if ((wanted & EMPTY.beginText) !== 0 && before !== undefined) return false;
    if ((wanted & EMPTY.beginLine) !== 0 && before !== undefined && before !== '\n') return false;
    if ((wanted & ~(EMPTY.beginText | EMPTY.beginLine)) === 0) return true;
    if (after === undefined) {
      this.isOpen = true;
      return true;
    }
    if ((wanted & EMPTY.endText) !== 0 || ((wanted & EMPTY.endLine) !== 0 && after !== '\n')) return false;
    const isBoundary = isWord(before) !== isWord(after);
    return !((wanted & EMPTY.wordBoundary) !== 0 && !isBoundary) && !((wanted & EMPTY.noWordBoundary) !== 0 && isBoundary);
  }
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /^\w$/.test(char);
}
