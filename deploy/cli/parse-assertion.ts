import { ASSERTION_COMPARISONS, ASSERTION_SOURCES } from '#shared/check/check.ts';
import { nearestWord } from '#shared/check/nearest-word.ts';

/** An assertion in the API's form. */
export type ParsedAssertion = { readonly source: string; readonly property: string; readonly comparison: string; readonly target: string };

const EXAMPLE = "write SOURCE COMPARISON target, for example 'RESPONSE_TIME LESS_THAN 200', 'CERTIFICATE_DAYS_LEFT GREATER_THAN 14' "
  + "or 'RESPONSE_DATA /HTTP.1.1 ([0-9]+)/ EQUALS 200'";

/**
 * `SOURCE [/property/] COMPARISON [target]`: words in any case, a slash in the property as `\/`, the target as it is to
 * the end of the text. Whether they fit together is judged where all checks are.
 */
export function parseAssertion(text: string): { readonly ok: true; readonly assertion: ParsedAssertion } | { readonly ok: false; readonly problem: string } {
  const match = /^\s*([A-Za-z_-]+)(?:\s+\/((?:[^/\\]|\\[\s\S])*)\/)?(?:\s+([A-Za-z_-]+)(?:\s+([\s\S]*))?)?\s*$/.exec(text);
  if (match === null) return { ok: false, problem: EXAMPLE };
  const [, source = '', property = '', comparison = '', target = ''] = match;
  const [knownSource, knownComparison] = [known(source, ASSERTION_SOURCES), known(comparison, ASSERTION_COMPARISONS)];
  if (knownSource === null) return { ok: false, problem: `there is no source '${source}'${hint(source, ASSERTION_SOURCES)}; ${EXAMPLE}` };
  if (comparison === '') return { ok: false, problem: `it has no comparison; ${EXAMPLE}` };
  if (knownComparison === null) return { ok: false, problem: `there is no comparison '${comparison}'${hint(comparison, ASSERTION_COMPARISONS)}; ${EXAMPLE}` };
  return { ok: true, assertion: { source: knownSource, property: property.replaceAll('\\/', '/'), comparison: knownComparison, target } };
}

function known<T extends string>(word: string, words: readonly T[]): T | null {
  const upper = word.toUpperCase().replaceAll('-', '_');
  return words.find((one) => one === upper) ?? null;
}

function hint(word: string, words: readonly string[]): string {
  const near = nearestWord(word.replaceAll('-', '_'), words);
  return near === null ? `; there are ${words.join(', ')}` : `; did you mean ${near}?`;
}
