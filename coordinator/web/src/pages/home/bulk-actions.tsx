import { Button, Group, Paper, Text } from '@mantine/core';
import { IconBellOff, IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { useAct } from '../../parts/use-act.ts';
import { changeCheck, deleteCheck, forEach } from './check-actions.ts';

/** What can be done to those that are chosen; nothing while none is. */
export function BulkActions({ chosen, onDone }: { readonly chosen: ReadonlySet<string>; readonly onDone: () => void }) {
  const may = useMay()('checks:write');
  const ids = [...chosen];
  const act = useAct<(id: string) => Promise<unknown>>({
    run: async (one) => {
      await forEach(ids, one);
      onDone();
    },
    stale: ['checks', 'check', 'alerts'], done: () => (ids.length === 1 ? '1 check changed' : `${ids.length} checks changed`),
  });
  if (!may || ids.length === 0) return null;
  const common = { size: 'compact-sm', variant: 'default', disabled: act.isPending } as const;
  return (
    <Paper withBorder p="xs" mb="sm" radius="md" role="group" aria-label="Chosen checks">
      <Group gap="xs">
        <Text size="sm" fw={600} px={4}>{ids.length} chosen</Text>
        <Button {...common} leftSection={<IconBellOff size={14} />} onClick={() => act.mutate((id) => changeCheck(id, { muted: true }))}>Mute</Button>
        <Button {...common} onClick={() => act.mutate((id) => changeCheck(id, { muted: false }))}>Unmute</Button>
        <Button {...common} leftSection={<IconPlayerPlay size={14} />} onClick={() => act.mutate((id) => changeCheck(id, { activated: true }))}>Activate</Button>
        <Button {...common} leftSection={<IconPlayerPause size={14} />} onClick={() => act.mutate((id) => changeCheck(id, { activated: false }))}>Deactivate</Button>
        <Button
          {...common} c="var(--mantine-color-error)" leftSection={<IconTrash size={14} />}
          onClick={() => askFirst({ title: ids.length === 1 ? 'Delete 1 check?' : `Delete ${ids.length} checks?`, children: 'They stop running at once, and their open alerts are resolved. Their results and figures are no longer shown. This cannot be undone.', verb: 'Delete', onConfirm: () => act.mutate(deleteCheck) })}
        >Delete</Button>
      </Group>
    </Paper>
  );
}
