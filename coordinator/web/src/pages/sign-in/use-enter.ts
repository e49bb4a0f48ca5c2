import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { sessionQuery, setupQuery, type Session } from '../../api/session.ts';

/** Posts what opens the door, and goes in. */
export function useEnter<Body>(path: string, next = '/') {
  const queries = useQueryClient();
  const router = useRouter();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: Body) => api.post<Session>(path, body),
    onSuccess: async (session) => {
      queries.setQueryData(sessionQuery.queryKey, session);
      queries.removeQueries({ queryKey: setupQuery.queryKey });
      await router.invalidate();
      await navigate({ href: next, replace: true });
    },
  });
}
