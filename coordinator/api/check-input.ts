import type { Check } from '#shared/check/check.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { problemAt, type Problem } from '#shared/check/problem.ts';
import { invalidInput } from './api-error.ts';
import type { ApiStore } from './ports.ts';

type Locations = Awaited<ReturnType<ApiStore['listLocations']>>;

/** The check in a body, or everything that is wrong with it at once, unknown locations included. */
export function checkFrom(body: unknown, known: Locations): Check {
  const parsed = parseCheck(body);
  const problems = [
    ...(parsed.ok ? [] : parsed.problems),
    ...unknownLocations(body, 'locations', codesOf(known, 'public')),
    ...unknownLocations(body, 'privateLocations', codesOf(known, 'private')),
  ];
  if (!parsed.ok || problems.length > 0) throw invalidInput(problems);
  return parsed.check;
}

function codesOf(known: Locations, kind: 'public' | 'private'): readonly string[] {
  return known.filter((location) => location.kind === kind).map((location) => location.code).sort();
}

/** Looks at the body, not at the parsed check: what else is wrong must not hide an unknown location. */
function unknownLocations(body: unknown, field: 'locations' | 'privateLocations', known: readonly string[]): readonly Problem[] {
  const named = typeof body === 'object' && body !== null && field in body ? (body as Record<string, unknown>)[field] : null;
  if (!Array.isArray(named)) return [];
  const codes = new Set(known);
  return named.flatMap((code: unknown, index): readonly Problem[] => {
    // What is no location's name at all is told by parseCheck.
    if (typeof code !== 'string' || code === '' || codes.has(code)) return [];
    return [unknownLocation(`${field}.${index}`, code, known)];
  });
}

/** A location that is not there, or `undefined` where one is missing, with those that are. */
export function unknownLocation(path: string, code: unknown, known: readonly string[]): Problem {
  const offer = known.length > 0 ? `there is ${known.join(', ')}` : 'there is none yet';
  return problemAt(path, code, known.join(' | '), code === undefined ? `is missing; ${offer}` : `no location ${typeof code === 'string' ? `'${code.slice(0, 64)}'` : 'of that kind'}; ${offer}`);
}
