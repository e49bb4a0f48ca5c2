import { ActionIcon, Button, Checkbox, Code, Modal, Select, SimpleGrid, Stack, Table, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useMay, useSession } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ShownOnce } from '../../parts/shown-once.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';

type ApiKey = {
  readonly id: string; readonly name: string; readonly masked: string; readonly scopes: readonly string[];
  readonly created_at: string; readonly expiresAt: string | null; readonly lastUsedAt: string | null; readonly rawKey?: string;
};

const LASTS = [{ value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: 'a year' }, { value: 'never', label: 'until it is revoked' }];

export function ApiKeysPage() {
  const may = useMay()('keys:write');
  const { data } = useSuspenseQuery({ queryKey: ['settings', 'api-keys'], queryFn: ({ signal }) => api.get<readonly ApiKey[]>('/v1/api-keys', {}, { signal }) });
  const [isMaking, { open, close }] = useDisclosure(false);
  const revoke = useAct<string>({ run: (id) => api.delete(`/v1/api-keys/${id}`), stale: ['settings'], done: () => 'Revoked' });
  return (
    <>
      <PageHeader title="API keys" about="For programs: what the dashboard shows and does, they can, too." actions={may && <Button leftSection={<IconKey size={16} />} onClick={open}>Create a key</Button>} />
      <DataTable label="API keys" minWidth={760} columns={['Name', 'Key', 'May', 'Last used', 'Ends', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
        {data.map((key) => (
          <Table.Tr key={key.id}>
            <Table.Td fw={600} className="foreign">{key.name}</Table.Td>
            <Table.Td><Code>{key.masked}</Code></Table.Td>
            <Table.Td maw={280}><Text size="xs" c="dimmed">{key.scopes.join(', ')}</Text></Table.Td>
            <Table.Td>{key.lastUsedAt === null ? <Text size="sm" c="dimmed">never</Text> : <TimeAgo at={key.lastUsedAt} />}</Table.Td>
            <Table.Td>{key.expiresAt === null ? <Text size="sm" c="dimmed">when revoked</Text> : <TimeAgo at={key.expiresAt} />}</Table.Td>
            <Table.Td ta="right">
              {may && (
                <ActionIcon
                  variant="subtle" color="gray" aria-label={`Revoke ${key.name}`}
                  onClick={() => askFirst({ title: `Revoke ${key.name}?`, children: 'Programs that use it are refused at once. A revoked key cannot be brought back.', verb: 'Revoke', onConfirm: () => revoke.mutate(key.id) })}
                ><IconTrash size={16} /></ActionIcon>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      <Modal opened={isMaking} onClose={close} title="Create an API key" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}><KeyForm /></Modal>
    </>
  );
}

function KeyForm() {
  const { scopes } = useSession();
  const queries = useQueryClient();
  const [raw, setRaw] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: '', scopes: scopes.filter((scope) => scope.endsWith(':read')), lasts: '90' } });
  const create = useMutation({
    mutationFn: ({ name, scopes: chosen, lasts }: typeof form.values) => api.post<ApiKey>('/v1/api-keys', { name, scopes: chosen, expiresInDays: lasts === 'never' ? null : Number(lasts) }),
    onSuccess: (made) => {
      setRaw(made.rawKey ?? null);
      void queries.invalidateQueries({ queryKey: ['settings', 'api-keys'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  if (raw !== null) return <ShownOnce title="The new key" secret={raw}>Programs send it as <Code>Authorization: Bearer …</Code>.</ShownOnce>;
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={create.error} title="Not created" />
        <TextInput label="Name" description="What uses it." required data-autofocus {...form.getInputProps('name')} />
        <Checkbox.Group label="May" description="No more than you may yourself." {...form.getInputProps('scopes')}>
          <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="xs" mt="xs">{scopes.map((scope) => <Checkbox key={scope} value={scope} label={scope} size="sm" />)}</SimpleGrid>
        </Checkbox.Group>
        <Select label="Ends after" data={LASTS} allowDeselect={false} {...form.getInputProps('lasts')} />
        <Button type="submit" loading={create.isPending} mt="xs">Create</Button>
      </Stack>
    </form>
  );
}
