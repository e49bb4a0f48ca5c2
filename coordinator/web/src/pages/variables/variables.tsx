import { ActionIcon, Badge, Button, Checkbox, Code, Group, Modal, PasswordInput, Stack, Table, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconLock, IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';

type Variable = { readonly key: string; readonly value: string; readonly locked: boolean; readonly secret: boolean; readonly updated_at: string };
const REDACTED = '[redacted]';

/** Of the account, or of a group. */
export function Variables({ groupId }: { readonly groupId: number | null }) {
  const mayWrite = useMay()('variables:write');
  const { data } = useSuspenseQuery({ queryKey: ['settings', 'variables', groupId], queryFn: ({ signal }) => api.get<readonly Variable[]>('/v1/variables', { groupId }, { signal }) });
  const [edited, setEdited] = useState<Variable | 'new' | null>(null);
  const remove = useAct<string>({ run: (key) => api.delete(pathOf(key, groupId)), stale: ['settings'], done: (_, key) => `${key} is deleted` });
  return (
    <>
      {mayWrite && <Group mb="sm"><Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>New variable</Button></Group>}
      {data.length === 0
        ? <Text size="sm" c="dimmed">None yet. A secret is sealed, used, redacted from results, and never shown again.</Text>
        : (
          <DataTable label="Variables" columns={['Key', 'Value', 'Changed', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
            {data.map((variable) => (
              <Table.Tr key={variable.key}>
                <Table.Td><Code>{variable.key}</Code></Table.Td>
                <Table.Td maw={320}>{variable.secret ? <Badge variant="outline" color="gray" c="dimmed" tt="none" leftSection={<IconLock size={12} />}>secret</Badge> : variable.locked ? <Text size="sm" c="dimmed">hidden</Text> : <Text size="sm" className="foreign">{variable.value}</Text>}</Table.Td>
                <Table.Td><TimeAgo at={variable.updated_at} /></Table.Td>
                <Table.Td ta="right">
                  {mayWrite && (
                    <Group gap={4} justify="flex-end" wrap="nowrap">
                      <ActionIcon variant="subtle" color="gray" aria-label={`Change ${variable.key}`} onClick={() => setEdited(variable)}><IconPencil size={16} /></ActionIcon>
                      <ActionIcon
                        variant="subtle" color="gray" aria-label={`Delete ${variable.key}`}
                        onClick={() => askFirst({ title: `Delete ${variable.key}?`, children: 'Its value is lost. Refused while a check or a channel uses it.', verb: 'Delete', onConfirm: () => remove.mutate(variable.key) })}
                      ><IconTrash size={16} /></ActionIcon>
                    </Group>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      <Modal opened={edited !== null} onClose={() => setEdited(null)} title={edited === 'new' ? 'New variable' : `Change ${edited?.key ?? ''}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        {edited !== null && <VariableForm variable={edited === 'new' ? null : edited} groupId={groupId} onDone={() => setEdited(null)} />}
      </Modal>
    </>
  );
}

function VariableForm({ variable, groupId, onDone }: { readonly variable: Variable | null; readonly groupId: number | null; readonly onDone: () => void }) {
  const queries = useQueryClient();
  const isSealed = variable?.secret === true;
  const form = useForm({ initialValues: { key: variable?.key ?? '', value: isSealed ? '' : variable?.value ?? '', secret: variable?.secret ?? false, locked: variable?.locked ?? false } });
  const save = useMutation({
    mutationFn: ({ key, value, secret, locked }: typeof form.values) => (variable === null
      ? api.post(groupId === null ? '/v1/variables' : `/v1/variables?groupId=${groupId}`, { key, value, secret, locked })
      : api.put(pathOf(key, groupId), { value: isSealed && secret && value === '' ? REDACTED : value, secret, locked })),
    onSuccess: () => {
      onDone();
      void queries.invalidateQueries({ queryKey: ['settings', 'variables'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const Value = form.values.secret ? PasswordInput : TextInput;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={save.error} title="Not saved" />
        <TextInput label="Key" required placeholder="REDIS_PASSWORD" disabled={variable !== null} data-autofocus autoComplete="off" {...form.getInputProps('key')} />
        <Value label="Value" autoComplete="off" {...(isSealed ? { placeholder: 'stays as it is; type to replace it' } : {})} {...form.getInputProps('value')} />
        <Checkbox label="Secret" description="Sealed, and never shown again, to nobody." {...form.getInputProps('secret', { type: 'checkbox' })} />
        {!form.values.secret && <Checkbox label="Hidden in lists" {...form.getInputProps('locked', { type: 'checkbox' })} />}
        <Button type="submit" loading={save.isPending}>Save the variable</Button>
      </Stack>
    </form>
  );
}

function pathOf(key: string, groupId: number | null): string {
  return `/v1/variables/${encodeURIComponent(key)}${groupId === null ? '' : `?groupId=${groupId}`}`;
}
