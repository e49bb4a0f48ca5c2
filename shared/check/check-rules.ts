import { requestProblems } from './request-rules.ts';
import { problemAt, type Problem } from './problem.ts';
import { valueAt } from './schema-problems.ts';
import { DEGRADED_RESPONSE_TIME_DEFAULT_MS, MAX_RESPONSE_TIME_DEFAULT_MS } from './check-schema.ts';

/**
 * The rules across fields, on raw input: each looks only at values of the right type, so that it also speaks when
 * something else is wrong. What a field is by itself is the schema's business.
 */
export function checkProblems(input: unknown): readonly Problem[] {
  return [
    ...locationProblems(input),
    ...cadenceProblems(input),
    ...responseTimeProblems(input),
    ...retryProblems(input),
    ...requestProblems(valueAt(input, ['request'])),
    ...textProblems(input, ''),
  ];
}

function locationProblems(input: unknown): readonly Problem[] {
  const fields = ['locations', 'privateLocations'] as const;
  const named = fields.map((field) => valueAt(input, [field]) ?? []);
  // A group may bring them: whoever knows the groups sees to that.
  const hasGroup = typeof valueAt(input, ['groupId']) === 'number';
  if (!hasGroup && named.every((list) => Array.isArray(list) && list.length === 0)) {
    return [problemAt('locations', valueAt(input, ['locations']), 'at least one', 'set at least one location or private location')];
  }
  return fields.flatMap((field, index) => {
    const list = named[index];
    if (!Array.isArray(list)) return [];
    return list.flatMap((code: unknown, at) =>
      list.indexOf(code) === at ? [] : [problemAt(`${field}.${at}`, code, 'each location once', `'${String(code)}' is named twice`)]);
  });
}

/** rules.md 18. */
function cadenceProblems(input: unknown): readonly Problem[] {
  if (valueAt(input, ['frequency']) !== 0) return [];
  const offset = valueAt(input, ['frequencyOffset']) ?? null;
  const limit = '10 to 86400 seconds when frequency is 0';
  if (offset === null) return [problemAt('frequencyOffset', offset, limit, 'is needed when frequency is 0: the seconds between runs, 10 to 86400')];
  if (typeof offset !== 'number' || offset >= 10) return [];
  return [problemAt('frequencyOffset', offset, limit, `${offset} s is too often: the shortest interval is 10 s`)];
}

function responseTimeProblems(input: unknown): readonly Problem[] {
  const degraded = valueAt(input, ['degradedResponseTime']);
  const max = valueAt(input, ['maxResponseTime']) ?? MAX_RESPONSE_TIME_DEFAULT_MS;
  if (typeof degraded !== 'number' || typeof max !== 'number' || degraded <= max) return [];
  return [problemAt('degradedResponseTime', degraded, `at most maxResponseTime (${max})`, `${degraded} is above maxResponseTime, which is ${max}`)];
}

/** The default of rules.md 18. */
export function degradedDefaultMs(maxResponseTimeMs: number): number {
  return Math.min(DEGRADED_RESPONSE_TIME_DEFAULT_MS, maxResponseTimeMs);
}

/** checkly-api.md §3. */
function retryProblems(input: unknown): readonly Problem[] {
  if (valueAt(input, ['retryStrategy', 'type']) !== 'SINGLE_RETRY') return [];
  return ['maxRetries', 'maxDurationSeconds'].flatMap((field) => {
    const value = valueAt(input, ['retryStrategy', field]) ?? null;
    return value === null ? [] : [problemAt(`retryStrategy.${field}`, value, 'not with SINGLE_RETRY', 'SINGLE_RETRY is one retry and takes no such field; use FIXED, LINEAR or EXPONENTIAL')];
  });
}

/** Neither NUL nor half a surrogate pair can be stored as text; a payload of such bytes has its own formats. */
function textProblems(value: unknown, path: string, depth = 0): readonly Problem[] {
  if (typeof value === 'string') {
    if (value.includes('\0')) return [problemAt(path, value, 'text without NUL', 'contains a NUL character; to send one, use dataFormat escaped and \\x00')];
    return value.isWellFormed() ? [] : [problemAt(path, value, 'well-formed text', 'contains half a surrogate pair')];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (depth > DEPTH_MAX) return [problemAt(path, value, `${DEPTH_MAX} levels`, 'is nested too deeply')];
  return Object.entries(value).flatMap(([key, entry]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [...textProblems(key, at, depth + 1), ...textProblems(entry, at, depth + 1)];
  });
}

/** The check itself is five levels deep; only `triggerIncident` is free. */
const DEPTH_MAX = 12;
