import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../../api/api.ts';
import { ApiProblem, fieldErrors } from '../../../api/api-problem.ts';
import { fieldOf } from './draft.ts';

const AFTER_TYPING_MS = 500;

/** What the API would say of the form as it is, by field, soon after the last keystroke. */
export function useLiveProblems(body: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const [text] = useDebouncedValue(JSON.stringify(body), AFTER_TYPING_MS);
  const { data } = useQuery({
    queryKey: ['check-problems', text],
    queryFn: async ({ signal }) => {
      try {
        await api.post('/v1/checks/tcp/validate', JSON.parse(text), { signal });
        return {};
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 400) return problemsByField(error);
        throw error;
      }
    },
    placeholderData: (previous) => previous, retry: false, refetchOnWindowFocus: false, staleTime: 60_000, gcTime: 0,
  });
  return data ?? {};
}

export function problemsByField(error: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fieldErrors(error)).map(([path, text]) => [fieldOf(path), text]));
}
