import { queryOptions } from '@tanstack/react-query';
import { api } from '../../api/api.ts';

export type Group = {
  readonly id: number; readonly name: string; readonly description: string | null; readonly activated: boolean; readonly muted: boolean; readonly tags: readonly string[];
  readonly locations: readonly string[]; readonly privateLocations: readonly string[];
  readonly frequency: number | null; readonly frequencyOffset: number | null; readonly runParallel: boolean | null;
  readonly alertChannelSubscriptions: readonly { readonly alertChannelId: number; readonly activated: boolean }[];
};
/** With what the form does not show, to be sent back as it is. */
export type WholeGroup = Group & Readonly<Record<string, unknown>>;

const GROUPS_MAX = 100;

/** The second form of groups: a section that is null is each check's own. */
export const groupsQuery = queryOptions({ queryKey: ['settings', 'groups'], queryFn: ({ signal }) => api.get<readonly WholeGroup[]>('/v2/check-groups', { limit: GROUPS_MAX }, { signal }) });
export const groupNamesQuery = queryOptions({ ...groupsQuery, select: (groups: readonly WholeGroup[]) => groups.map(({ id, name }) => ({ id, name })) });

/** Every how many seconds all of its checks run; null: each its own. */
export function everySeconds({ frequency, frequencyOffset }: Pick<Group, 'frequency' | 'frequencyOffset'>): number | null {
  if (frequency === null) return null;
  return frequency === 0 ? frequencyOffset : frequency * 60;
}

/** As the API wants it. */
export function cadenceOf(seconds: number | null): { readonly frequency: number | null; readonly frequencyOffset: number | null } {
  if (seconds === null) return { frequency: null, frequencyOffset: null };
  return seconds % 60 === 0 ? { frequency: seconds / 60, frequencyOffset: null } : { frequency: 0, frequencyOffset: seconds };
}

export function everyText(seconds: number): string {
  if (seconds % 3_600 === 0) return seconds === 3_600 ? 'every hour' : `every ${seconds / 3_600} h`;
  return seconds % 60 === 0 ? (seconds === 60 ? 'every minute' : `every ${seconds / 60} min`) : `every ${seconds} s`;
}
