import type { Check } from '#shared/check/check.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { problemAt, type Problem } from '#shared/check/problem.ts';
import { invalidInput } from './api-error.ts';
import { valueAt } from '#shared/check/schema-problems.ts';
import type { Variables } from '#shared/check/variables.ts';
import { variableProblems } from '../planning/expand-check.ts';
import type { StoredGroup } from './groups-port.ts';
import type { ApiStore } from './ports.ts';
import type { ResourceStore } from './resource-store.ts';

type Locations = Awaited<ReturnType<ApiStore['listLocations']>>;

/** What a check may name of an account. */
export type Known = {
  readonly locations: Locations;
  /** The group that the body names; null: none, or none of this account. */
  readonly group: StoredGroup | null;
  readonly channels: readonly { readonly id: number; readonly autoSubscribe: boolean }[];
  readonly variables: Variables;
};

/** Read before the body is judged, so that everything that is wrong is told at once. */
export async function knownFor(store: ApiStore & ResourceStore, accountId: string, body: unknown): Promise<Known> {
  const groupId = valueAt(body, ['groupId']);
  const group = typeof groupId === 'number' && Number.isInteger(groupId) && groupId > 0 && groupId <= ID_MAX ? await store.getGroup(accountId, groupId) : null;
  const [locations, channels, variables] = await Promise.all([
    store.listLocations(accountId), store.listChannelIds(accountId), store.variablesFor(accountId, group?.id ?? null),
  ]);
  return { locations, group, channels, variables };
}

/** Postgres' integer. */
export const ID_MAX = 2_147_483_647;

/** The check in a body, or everything that is wrong with it at once, unknown locations, channels and variables included. */
export function checkFrom(body: unknown, known: Known): Check {
  const parsed = parseCheck(body);
  const problems = [
    ...(parsed.ok ? [] : parsed.problems),
    ...unknownLocations(body, 'locations', codesOf(known.locations, 'public')),
    ...unknownLocations(body, 'privateLocations', codesOf(known.locations, 'private')),
    ...groupProblems(body, known.group),
    ...channelProblems(valueAt(body, ['alertChannelSubscriptions']), known.channels),
    ...(parsed.ok ? variableProblems(parsed.check.request, known.variables) : []),
  ];
  if (!parsed.ok || problems.length > 0) throw invalidInput(problems);
  return parsed.check;
}

function groupProblems(body: unknown, group: StoredGroup | null): readonly Problem[] {
  const groupId = valueAt(body, ['groupId']);
  if (typeof groupId !== 'number') return [];
  if (group === null) return [problemAt('groupId', groupId, 'a group of this account', `there is no group ${groupId}; GET /v1/check-groups lists them`)];
  const hasOwn = ['locations', 'privateLocations'].some((field) => {
    const list = valueAt(body, [field]);
    return Array.isArray(list) && list.length > 0;
  });
  if (hasOwn || group.group.locations !== null) return [];
  return [problemAt('locations', valueAt(body, ['locations']), 'at least one', `set at least one location or private location: the group '${group.group.name}' leaves them to its checks`)];
}

/** Of a check or a group. */
export function channelProblems(subscriptions: unknown, known: readonly { readonly id: number }[]): readonly Problem[] {
  if (!Array.isArray(subscriptions)) return [];
  const ids = new Set(known.map(({ id }) => id));
  return subscriptions.flatMap((subscription: unknown, index) => {
    const id = valueAt(subscription, ['alertChannelId']);
    if (typeof id !== 'number' || ids.has(id)) return [];
    const offer = ids.size > 0 ? `there is ${[...ids].slice(0, 20).join(', ')}` : 'there is none yet';
    return [problemAt(`alertChannelSubscriptions.${index}.alertChannelId`, id, 'an alert channel of this account', `no alert channel ${id}; ${offer}`)];
  });
}

function codesOf(known: Locations, kind: 'public' | 'private'): readonly string[] {
  return known.filter((location) => location.kind === kind).map((location) => location.code).sort();
}

/** Looks at the body, not at the parsed check: what else is wrong must not hide an unknown location. */
export function unknownLocations(body: unknown, field: 'locations' | 'privateLocations', known: readonly string[]): readonly Problem[] {
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
