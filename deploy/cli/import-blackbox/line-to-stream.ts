export type StreamPattern =
  /** `captures`: which of the wanted names the pattern has groups for. */
  | { readonly ok: true; readonly pattern: string; readonly captures: ReadonlySet<string> }
  | { readonly ok: false; readonly problem: string };

/** A group that a template asks for, by number or name, and the name it shall have in the pattern. */
export type WantedGroups = ReadonlyMap<string | number, string>;

/**
 * Turns a regular expression that blackbox_exporter looks for in one line at a time into one for a whole stream: from
 * the start of a line over all lines that do not match to the end of the first that does, so that what is consumed
 * is the same. Inside, nothing may match a line's end: `.`, `[^x]`, `\s` and their like are rewritten, `$` lets
 * a `\r` stand before it. What cannot be rewritten is a sentence.
 */
export function lineToStream(source: string, wanted: WantedGroups = new Map()): StreamPattern {
  const rewriting = new Rewriting(source, wanted);
  const inner = rewriting.rewrite();
  if (inner === null) return { ok: false, problem: rewriting.problem };
  const isAtStart = source.startsWith('^') && !rewriting.hasAlternation;
  const body = rewriting.hasAlternation ? `(?:${inner})` : inner;
  return { ok: true, captures: rewriting.captures, pattern: isAtStart ? `${body}[^\\n]*\\n` : `(?m:^)[^\\n]*?${body}[^\\n]*\\n` };
}

/** What these classes match without the line's ends; RE2's `\s` has no `\v`, `[:space:]` has. */
const SPACE = '\\t\\f ';
const POSIX_WITH_LINE_END: Readonly<Record<string, string>> = { '[:space:]': '\\t\\v\\f ' };
const NOT_IN_LINE: Readonly<Record<string, string>> = { '\\D': '[^\\d\\r\\n]', '\\W': '[^\\w\\r\\n]', '\\s': `[${SPACE}]`, '\\C': '[^\\n]' };
const LINE_START = '(?m:^)';
const LINE_END = '(?:\\r?(?m:$))';

class Rewriting {
  problem = '';
  hasAlternation = false;
  readonly captures = new Set<string>();
  readonly #source: string;
  readonly #wanted: WantedGroups;
  #groups = 0;
  /** The groups that are open; true for one that is wanted. */
  readonly #open: boolean[] = [];

  constructor(source: string, wanted: WantedGroups) {
    this.#source = source;
    this.#wanted = wanted;
  }

  /** null: `problem` says why not. */
  rewrite(): string | null {
    const token = /\\Q([\s\S]*?)(?:\\E|$)|\\(?:[pP](?:\{\^?\w+\}|\w)|x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[\s\S])|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\((?:\?(?:P?<(\w+)>|[imsU-]*[:)]))?|[\s\S]/gy;
    let out = '';
    for (const [text, quoted, name] of this.#source.matchAll(token)) {
      if (text.startsWith('\\Q')) out += escapeLiteral(quoted ?? '');
      else if (text.startsWith('[')) out += this.#classOf(text);
      else if (text.startsWith('(')) out += this.#groupOf(text, name);
      else out += this.#plain(text);
    }
    return this.problem === '' ? out : null;
  }

  #plain(text: string): string {
    if (text === '|' && this.#open.length === 0) this.hasAlternation = true;
    if (text === ')') this.#open.pop();
    if (text === '.') return '[^\\r\\n]';
    if (text === '^' || text === '\\A') return LINE_START;
    if (text === '$' || text === '\\z') {
      return this.#open.includes(true) ? this.#refuse(`${text} within a group that send asks for would capture the \\r of the line's end; put it behind the group`) : LINE_END;
    }
    if (text.startsWith('\\P')) return `[^\\p${text.slice(2)}\\r\\n]`;
    if (isNewline(text)) return this.#refuse('a line has no newline in it, so this never matches one');
    return NOT_IN_LINE[text] ?? text;
  }

  #groupOf(text: string, name: string | undefined): string {
    if (text.endsWith(')')) return text;
    const isCapturing = text === '(' || name !== undefined;
    if (isCapturing) this.#groups += 1;
    const wantedName = isCapturing ? this.#wantedName(name) : undefined;
    this.#open.push(wantedName !== undefined);
    if (wantedName === undefined) return text;
    this.captures.add(wantedName);
    return `(?P<${wantedName}>`;
  }

  /** Of the group that was counted last. */
  #wantedName(name: string | undefined): string | undefined {
    const [byNumber, byName] = [this.#wanted.get(this.#groups), name === undefined ? undefined : this.#wanted.get(name)];
    if (byNumber !== undefined && byName !== undefined) this.#refuse(`send asks for group ${this.#groups} by number and by name; use one of the two`);
    return byNumber ?? byName;
  }

  #classOf(text: string): string {
    const isNegated = text.startsWith('[^');
    const body = text.slice(isNegated ? 2 : 1, -1);
    if (isNegated) return `[^${body}\\r\\n]`;
    const unsplit = /\\[DWP]|\[:\^\w+:\]|\[:(?:cntrl|ascii):\]/.exec(body);
    if (unsplit !== null) return this.#refuse(`${unsplit[0]} within [...] also matches the end of a line; write the class without it`);
    const [range] = [...body.matchAll(/(\\x[0-9a-fA-F]{2}|\\x\{[0-9a-fA-F]+\}|\\[0abtfv]|\\[0-7]{1,3}|[\x00-\x20])-/g)].filter(([, from]) => codeOf(from ?? '') <= 0x0d);
    if (range !== undefined) return this.#refuse(`the range from ${range[1]} within [...] may match the end of a line; write the class without it`);
    if (body.match(/\\x\{?0*[aA]\b|\\x0[aA]|\\n|\n/) !== null) return this.#refuse('a line has no newline in it; write the class in [...] without it');
    return `[${body.replaceAll('\\s', SPACE).replaceAll(/\[:space:\]/g, (posix) => POSIX_WITH_LINE_END[posix] ?? posix)}]`;
  }

  #refuse(problem: string): string {
    this.problem ||= problem;
    return '';
  }
}

function isNewline(text: string): boolean {
  return text === '\n' || text === '\\n' || /^\\x(?:0[aA]|\{0*[aA]\})$/.test(text);
}

function codeOf(text: string): number {
  const hex = /^\\x\{?([0-9a-fA-F]+)/.exec(text)?.[1];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  // \a \b \t \f \v and octal escapes are all that low, or taken to be.
  return text.startsWith('\\') ? 0 : text.codePointAt(0) ?? 0;
}

function escapeLiteral(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
