import { ActionIcon, Badge, Button, Group, Modal, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconCalendarTime, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { WindowForm, type Window } from './window-form.tsx';

export function MaintenancePage() {
  const mayWrite = useMay()('maintenance:write');
  const { data: windows } = useSuspenseQuery({ queryKey: ['settings', 'maintenance'], queryFn: ({ signal }) => api.get<readonly Window[]>('/v1/maintenance-windows', { limit: 100 }, { signal }), refetchInterval: 30_000 });
  const [edited, setEdited] = useState<Window | 'new' | null>(null);
  const remove = useAct<Window>({ run: ({ id }) => api.delete(`/v1/maintenance-windows/${id}`), stale: ['settings'], done: (_, { name }) => `${name} is deleted` });
  const create = mayWrite && <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>New window</Button>;
  return (
    <>
      <PageHeader title="Maintenance" about="Times in which checks are not run, or nobody is told." actions={windows.length > 0 && create} />
      {windows.length === 0
        ? <EmptyState icon={IconCalendarTime} title="Nothing planned" action={create}>Plan the work before it wakes somebody: its checks pause or stay silent, and what still fails afterwards alerts.</EmptyState>
        : (
          <DataTable label="Maintenance windows" minWidth={760} columns={['Window', 'State', 'First time', 'Repeats', 'Checks', 'Then', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
            {windows.map((window) => (
              <Table.Tr key={window.id}>
                <Table.Td fw={600} className="foreign">{window.name}</Table.Td>
                <Table.Td>
                  <StateOf window={window} />
                  {window.nextChangeAt !== null && <Text size="xs" c="dimmed">{window.status === 'IN_PROGRESS' ? 'ends' : 'begins'} <TimeAgo at={window.nextChangeAt} size="xs" span /></Text>}
                </Table.Td>
                <Table.Td><Text size="sm">{span(window)}</Text><Text size="xs" c="dimmed">{window.timeZone}</Text></Table.Td>
                <Table.Td>{repeats(window)}</Table.Td>
                <Table.Td>{window.tags.length === 0 ? 'all' : <Group gap={4}>{window.tags.map((tag) => <Badge key={tag} size="xs" variant="outline" color="gray" c="dimmed" tt="none">{tag}</Badge>)}</Group>}</Table.Td>
                <Table.Td>{window.action === 'pause' ? 'not run' : 'run, told to nobody'}</Table.Td>
                <Table.Td ta="right">
                  {mayWrite && (
                    <Group gap={4} justify="flex-end" wrap="nowrap">
                      <ActionIcon variant="subtle" color="gray" aria-label={`Change ${window.name}`} onClick={() => setEdited(window)}><IconPencil size={16} /></ActionIcon>
                      <ActionIcon
                        variant="subtle" color="gray" aria-label={`Delete ${window.name}`}
                        onClick={() => askFirst({ title: `Delete ${window.name}?`, children: 'Its checks run and alert again a second later, also in the middle of it.', verb: 'Delete', onConfirm: () => remove.mutate(window) })}
                      ><IconTrash size={16} /></ActionIcon>
                    </Group>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      <Modal opened={edited !== null} onClose={() => setEdited(null)} size="lg" title={edited === 'new' ? 'New maintenance window' : 'Change the window'} closeButtonProps={{ 'aria-label': 'Close' }}>
        {edited !== null && <WindowForm window={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
      </Modal>
    </>
  );
}

function StateOf({ window: { status } }: { readonly window: Window }) {
  switch (status) {
    case 'IN_PROGRESS': return <ToneMark tone="warn">Under way</ToneMark>;
    case 'SCHEDULED': return <ToneMark tone="waiting">Planned</ToneMark>;
    case 'COMPLETED': return <ToneMark tone="idle">Over</ToneMark>;
  }
}

function span({ startsAt, endsAt, timeZone }: Window): string {
  return new Intl.DateTimeFormat(undefined, { timeZone, dateStyle: 'medium', timeStyle: 'short' }).formatRange(Date.parse(startsAt), Date.parse(endsAt));
}

const UNITS = { DAY: 'day', WEEK: 'week', MONTH: 'month' } as const;

function repeats({ repeatUnit, repeatInterval }: Window): string {
  if (repeatUnit === null) return 'once';
  return repeatInterval === null || repeatInterval === 1 ? `every ${UNITS[repeatUnit]}` : `every ${repeatInterval} ${UNITS[repeatUnit]}s`;
}
