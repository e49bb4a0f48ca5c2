import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { useAct } from '../../parts/use-act.ts';
import type { CheckWire, ResultWire } from './wire.ts';
import { OUTCOMES } from './run/outcome-mark.tsx';

/** What can be done with a saved check. Deleting leads home. */
export function useCheckActions(check: CheckWire) {
  const navigate = useNavigate();
  const path = `/v1/checks/${check.id}`;
  const stale = ['checks', 'check'];
  const change = useAct<Partial<CheckWire>>({
    run: async (changes) => {
      const { body, etag } = await api.read<CheckWire>(path);
      return api.put(path, { ...body, ...changes }, etag === null ? {} : { ifMatch: etag });
    },
    stale, done: (_, { activated, muted }) => (activated === undefined ? (muted === true ? 'Muted: it runs and tells nobody.' : 'No longer muted.') : activated ? 'Active again.' : 'Inactive: it no longer runs.'),
  });
  const run = useAct<void, ResultWire>({
    run: () => api.post<ResultWire>(`${path}/run`, {}), stale: ['check', 'checks'],
    done: (result) => `${OUTCOMES[result.tcpCheckResult.outcome].word} from ${result.runLocation} in ${result.responseTime} ms.`,
  });
  const remove = useAct<void>({
    run: () => api.delete(path), stale: ['checks'], done: () => `“${check.name}” is deleted.`,
  });
  const askToDelete = (): void => askFirst({
    title: 'Delete this check?', verb: 'Delete', onConfirm: () => remove.mutate(undefined, { onSuccess: () => navigate({ to: '/', ignoreBlocker: true }) }),
    children: <>“<span className="foreign">{check.name}</span>” stops running at once. Its definition, its history in the dashboard and its alert subscriptions are lost; an open alert is resolved wherever it was told.</>,
  });
  return { change, run, remove, askToDelete };
}

export function DeleteButton({ check }: { readonly check: CheckWire }) {
  const { askToDelete, remove } = useCheckActions(check);
  return <Button color="red.9" variant="outline" onClick={askToDelete} loading={remove.isPending}>Delete this check</Button>;
}
