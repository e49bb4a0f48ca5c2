import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './api-problem.ts';

const RETRIES_MAX = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Live events say when something is stale (live/live.tsx); this is for what they do not cover.
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => failures < RETRIES_MAX && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
    },
  },
});
