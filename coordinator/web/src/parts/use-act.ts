import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { messageOf } from '../api/api-problem.ts';
import { toast } from './toast.ts';

/**
 * One action of a button or menu: does it, makes its topics stale, and says what came of it.
 * Forms keep their errors at the fields instead: they use `useMutation` and `fieldErrors`.
 */
export function useAct<Input, Output = unknown>(act: {
  readonly run: (input: Input) => Promise<Output>;
  /** First parts of query keys. */
  readonly stale: readonly string[];
  readonly done?: (output: Output, input: Input) => string;
}): UseMutationResult<Output, Error, Input> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act.run,
    onSuccess: (output, input) => {
      if (act.done) toast({ message: act.done(output, input), color: 'teal' });
    },
    onError: (error) => toast({ title: 'That did not work', message: messageOf(error), color: 'red', autoClose: 10_000 }),
    onSettled: () => queries.invalidateQueries({ predicate: ({ queryKey }) => act.stale.includes(String(queryKey[0])) }),
  });
}
