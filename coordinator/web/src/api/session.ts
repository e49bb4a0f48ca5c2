import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api } from './api.ts';
import { ApiProblem } from './api-problem.ts';

export type Role = 'owner' | 'admin' | 'editor' | 'runner' | 'viewer';

/** Who is signed in, and what they may do. */
export type Session = {
  readonly account: { readonly id: string; readonly name: string };
  readonly user: { readonly id: string; readonly name: string; readonly email: string; readonly role: Role };
  readonly scopes: readonly string[];
};

/** null: nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await api.get<Session>('/v1/session', {}, { signal });
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => api.get<{ readonly isNeeded: boolean }>('/v1/setup', {}, { signal }),
});

/** Of pages behind sign-in only. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new ApiProblem(401, 'You are signed out.');
  return data;
}

/** May the one who is signed in do this? Pages hide or disable what would be refused. */
export function useMay(): (scope: string) => boolean {
  const { scopes } = useSession();
  return (scope) => scopes.includes(scope);
}
