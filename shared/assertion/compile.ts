import { Buffer } from 'node:buffer';
import type { Assertion } from '../check/check.ts';
import { compilePattern, type Pattern } from './pattern.ts';

/** An assertion whose patterns are compiled once: when a check is applied, not when it runs. */
export type CompiledAssertion = {
  readonly assertion: Assertion;
  /** RESPONSE_DATA with a property: its first group is what gets compared. */
  readonly property: Pattern | null;
  /** The target of MATCHES and NOT_MATCHES. */
  readonly target: Pattern | null;
  /** The target in UTF-8; null where bytes cannot stand for its text, because U+FFFD also stands for bytes that are no text. */
  readonly targetBytes: Buffer | null;
};

export type CompiledAssertions =
  | { readonly ok: true; readonly assertions: readonly CompiledAssertion[] }
  | { readonly ok: false; readonly problem: string };

/** A saved check compiles; one that comes from elsewhere may not, and is then refused alone with this sentence. */
export function compileAssertions(list: readonly Assertion[]): CompiledAssertions {
  const assertions: CompiledAssertion[] = [];
  for (const [index, assertion] of list.entries()) {
    const property = comparesProperty(assertion) ? compilePattern(assertion.property) : null;
    if (property?.ok === false) return { ok: false, problem: `assertion ${index + 1}, property: ${property.problem}` };
    const target = targetIsPattern(assertion) ? compilePattern(assertion.target) : null;
    if (target?.ok === false) return { ok: false, problem: `assertion ${index + 1}, target: ${target.problem}` };
    assertions.push({ assertion, property: property?.pattern ?? null, target: target?.pattern ?? null, targetBytes: bytesOf(assertion.target) });
  }
  return { ok: true, assertions };
}

/** Only data is taken apart by `property`; other sources ignore it (product.md §3). */
export function comparesProperty(assertion: Pick<Assertion, 'source' | 'property'>): boolean {
  return assertion.source === 'RESPONSE_DATA' && assertion.property !== '';
}

export function targetIsPattern(assertion: Pick<Assertion, 'comparison'>): boolean {
  return assertion.comparison === 'MATCHES' || assertion.comparison === 'NOT_MATCHES';
}

function bytesOf(target: string): Buffer | null {
  return target.isWellFormed() && !target.includes('\u{FFFD}') ? Buffer.from(target, 'utf8') : null;
}
