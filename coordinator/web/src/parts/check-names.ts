import { queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';

export type CheckName = { readonly checkId: string; readonly name: string };

/** Every check, to choose from. */
export const checkNamesQuery = queryOptions({
  queryKey: ['checks', 'names'], queryFn: ({ signal }) => api.get<readonly CheckName[]>('/v1/check-statuses', {}, { signal }),
});
