import { Buffer } from 'node:buffer';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar, visit } from 'yaml';
import { nearestWord } from '#shared/check/nearest-word.ts';

/** One thing that is wrong with a file: where (lines and columns from 1), at which key, and that in a sentence. */
export type FileProblem = { readonly line: number; readonly column: number; readonly key: string; readonly message: string };

/** Merges of merges; nobody nests them deeper. */
const MERGE_DEPTH_MAX = 16;

/**
 * A YAML file read key by key, so that everything that is wrong with it is told at once, each with its place. Reads
 * what the Go programs that share such files read: any scalar is a string, `yes` is true, null is absence, `<<`
 * merges, `!!binary` is bytes.
 */
export class YamlFile {
  readonly problems: FileProblem[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, merge: true, customTags: ['binary'], prettyErrors: false });
    for (const error of this.#document.errors) {
      const { line, col } = this.#lines.linePos(error.pos[0]);
      this.problems.push({ line, column: col, key: '', message: `${line}:${col}: not valid YAML: ${error.message}` });
    }
    visit(this.#document, { Alias: (_key, alias) => {
      if (alias.resolve(this.#document) === undefined) this.problem(alias, '', `not valid YAML: nothing before is named &${alias.source}`);
    } });
  }

  get root(): Node | null {
    return this.#document.contents;
  }

  /** Notes a problem at a node; without one, at the beginning of the file. */
  problem(node: Node | null, key: string, message: string): void {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    this.problems.push({ line, column: col, key, message: `${line}:${col}: ${key === '' ? '' : `${key}: `}${message}` });
  }

  /** The entries of a mapping whose value is not null. With `known`, any other key is a problem. */
  entries(node: Node | null, key: string, known?: readonly string[]): ReadonlyMap<string, Node> {
    const found = new Map<string, { readonly at: Node; readonly value: Node }>();
    this.#collect(node, key, found, 0);
    const entries = new Map<string, Node>();
    for (const [name, { at, value }] of found) {
      if (known !== undefined && !known.includes(name)) this.problem(at, pathOf(key, name), unsupported(name, known));
      else if (!isNull(this.#resolved(value))) entries.set(name, value);
    }
    return entries;
  }

  items(node: Node | null, key: string): readonly Node[] {
    const sequence = this.#resolved(node);
    if (isNull(sequence)) return [];
    if (isSeq(sequence)) return sequence.items as Node[];
    this.problem(node, key, 'must be a list');
    return [];
  }

  /** Any scalar, as it is written; undefined when the entry is absent, null or wrong. */
  text(node: Node | undefined, key: string): string | undefined {
    const scalar = this.#scalar(node, key, 'a string');
    if (scalar === undefined) return undefined;
    const { value } = scalar;
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    return typeof value === 'string' ? value : (scalar.source ?? String(value));
  }

  /** A string's UTF-8, or the very bytes of a `!!binary`. */
  bytes(node: Node | undefined, key: string): Uint8Array | undefined {
    const scalar = this.#scalar(node, key, 'a string');
    if (scalar?.value instanceof Uint8Array) return scalar.value;
    const text = this.text(node, key);
    return text === undefined || scalar === undefined ? undefined : Buffer.from(text, 'utf8');
  }

  flag(node: Node | undefined, key: string): boolean | undefined {
    const scalar = this.#scalar(node, key, 'true or false');
    if (scalar === undefined) return undefined;
    const text = String(scalar.source ?? scalar.value);
    if (/^(true|y|yes|on)$/i.test(text)) return true;
    if (/^(false|n|no|off)$/i.test(text)) return false;
    this.problem(node ?? null, key, `must be true or false, not ${JSON.stringify(text)}`);
    return undefined;
  }

  #collect(node: Node | null, key: string, found: Map<string, { at: Node; value: Node }>, depth: number): void {
    const map = this.#resolved(node);
    if (isNull(map)) return;
    if (!isMap(map) || depth > MERGE_DEPTH_MAX) return this.problem(node, key, 'must be a mapping (key: value)');
    const merged: Node[] = [];
    for (const { key: name, value } of map.items as { key: Node; value: Node | null }[]) {
      const at = isScalar(name) ? name : null;
      if (at === null) this.problem(name, key, 'a key must be a plain word');
      else if (value === null) found.delete(String(at.value));
      else if (typeof at.value === 'symbol' || at.value === '<<') merged.push(value);
      else found.set(String(typeof at.value === 'string' ? at.value : (at.source ?? at.value)), { at, value });
    }
    // What a mapping says itself goes before what it merges.
    for (const source of merged) {
      const target = this.#resolved(source);
      const below = new Map<string, { at: Node; value: Node }>();
      for (const one of isSeq(target) ? (target.items as Node[]).toReversed() : [source]) this.#collect(one, key, below, depth + 1);
      for (const [name, entry] of below) if (!found.has(name)) found.set(name, entry);
    }
  }

  #scalar(node: Node | undefined, key: string, wanted: string): Scalar | undefined {
    if (node === undefined) return undefined;
    const scalar = this.#resolved(node);
    if (isNull(scalar)) return undefined;
    if (isScalar(scalar)) return scalar;
    this.problem(node, key, `must be ${wanted}, not a ${isSeq(scalar) ? 'list' : 'mapping'}`);
    return undefined;
  }

  #resolved(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.#document) ?? null) : node;
  }
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function unsupported(name: string, known: readonly string[]): string {
  const near = nearestWord(name, known);
  return `the key '${name}' is not supported here; ${near === null ? `supported are ${known.join(', ')}` : `did you mean ${near}?`}`;
}

function pathOf(key: string, name: string): string {
  return key === '' ? name : `${key}.${name}`;
}
