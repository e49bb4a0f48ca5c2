import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { askFirst } from '../../parts/ask-first.tsx';
import { useAct } from '../../parts/use-act.ts';
import { deleteCheck } from '../home/check-actions.ts';

/** Asks, deletes, and leads home. */
export function DeleteButton({ check: { id, name } }: { readonly check: { readonly id: string; readonly name: string } }) {
  const navigate = useNavigate();
  const remove = useAct<void>({
    run: async () => {
      await deleteCheck(id);
      await navigate({ to: '/', ignoreBlocker: true });
    }, stale: ['checks', 'check', 'alerts'], done: () => `${name} is deleted`,
  });
  const ask = (): void => askFirst({
    title: `Delete ${name}?`, verb: 'Delete', onConfirm: () => remove.mutate(),
    children: 'It stops running at once, and its open alert is resolved. Its results and figures are no longer shown. This cannot be undone.',
  });
  return <Button color="red.9" variant="filled" onClick={ask} loading={remove.isPending}>Delete</Button>;
}
