import { z } from 'zod';
import { nearestWord } from './nearest-word.ts';
import { problemAt, type Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** What a schema found, in our words: one problem for a field, one for each unknown key. */
export function schemaProblems(schema: z.ZodType, input: unknown, issues: readonly Issue[]): readonly Problem[] {
  const seen = new Set<string>();
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return unknownKeys(schema, issue.path, issue.keys, input);
    const path = issue.path.join('.');
    if (seen.has(path)) return [];
    seen.add(path);
    return [problemOf(issue, path, valueAt(input, issue.path))];
  });
}

function unknownKeys(schema: z.ZodType, path: readonly PropertyKey[], keys: readonly string[], input: unknown): readonly Problem[] {
  const known = keysAt(schema, path);
  return keys.map((key) => {
    const near = nearestWord(key, known);
    const hint = near === null ? `known are ${known.join(', ')}` : `did you mean '${near}'?`;
    const value = valueAt(input, [...path, key]);
    return problemAt([...path, key].join('.'), value, near ?? known.join(' | '), `there is no such field; ${hint}`);
  });
}

function problemOf(issue: Issue, path: string, value: unknown): Problem {
  if (value === undefined && issue.code !== 'custom') return problemAt(path, value, 'required', 'is missing');
  // Of a query a number comes as text.
  const isNumber = 'origin' in issue && ['number', 'int', 'bigint'].includes(issue.origin);
  const shown = typeof value === 'number' || (isNumber && typeof value === 'string') ? String(value) : 'it';
  switch (issue.code) {
    case 'too_big': {
      const limit = `at most ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`;
      const has = isNumber ? null : lengthOf(value);
      return problemAt(path, value, limit, has === null ? `${shown} is above ${issue.maximum}` : `has ${has}${unitOf(issue.origin, has)}, ${limit} are allowed`);
    }
    case 'too_small': {
      const limit = `at least ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`;
      const has = isNumber ? null : lengthOf(value);
      if (has === 0) return problemAt(path, value, limit, 'must not be empty');
      return problemAt(path, value, limit, has === null ? `${shown} is below ${issue.minimum}` : `has ${has}${unitOf(issue.origin, has)}, ${limit} are needed`);
    }
    case 'invalid_type': {
      const wanted = TYPE_NAMES[issue.expected] ?? issue.expected;
      return problemAt(path, value, wanted, `must be ${wanted}, not ${typeName(value)}`);
    }
    case 'invalid_value': {
      const limit = issue.values.map(String).join(' | ');
      const near = typeof value === 'string' ? nearestWord(value, issue.values.map(String)) : null;
      return problemAt(path, value, limit, `must be one of ${issue.values.map(String).join(', ')}${near === null ? '' : `; did you mean ${near}?`}`);
    }
    case 'invalid_format':
      // What a pattern asks for stands in its own words beside it.
      if (issue.format === 'regex' && !issue.message.startsWith('Invalid')) return problemAt(path, value, 'pattern', withoutName(issue.message, path));
      return problemAt(path, value, issue.format, `must be a valid ${issue.format}`);
    default:
      return problemAt(path, value, issue.message, issue.message);
  }
}

/** `slugName must be …` of the field `slugName`: its path stands in front of it anyway. */
function withoutName(sentence: string, path: string): string {
  const name = `${path.split('.').at(-1)} `;
  return sentence.startsWith(`${name}must `) ? sentence.slice(name.length) : sentence;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number', number: 'a number', string: 'a string', boolean: 'true or false',
  array: 'an array', object: 'an object', record: 'an object',
};

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function unitOf(origin: string, count: number | bigint): string {
  if (origin === 'string') return count === 1 ? ' character' : ' characters';
  if (origin === 'array') return count === 1 ? ' entry' : ' entries';
  return '';
}

function lengthOf(value: unknown): number | null {
  return typeof value === 'string' || Array.isArray(value) ? value.length : null;
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** The keys of the object schema at a path; fields that are only accepted to be dropped are not offered. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = unwrapped(schema);
  for (const key of path) {
    if (at instanceof z.ZodArray) at = unwrapped(at.element);
    else if (at instanceof z.ZodObject) at = unwrapped((at.shape as Record<PropertyKey, unknown>)[key]);
    else return [];
  }
  if (!(at instanceof z.ZodObject)) return [];
  return Object.entries(at.shape as Record<string, z.ZodType>)
    .filter(([, field]) => field.meta()?.readOnly !== true)
    .map(([key]) => key);
}

function unwrapped(schema: unknown): unknown {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodNullable) at = at.unwrap();
  return at;
}
