import { ActionIcon, Badge, Button, Group, Modal, Select, Stack, Table, Text, TextInput, Title, VisuallyHidden } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash, IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useMay, useSession, type Role } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ShownOnce } from '../../parts/shown-once.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';

type User = { readonly id: string; readonly name: string; readonly email: string; readonly role: Role; readonly lastSeenAt: string | null };
type Invitation = { readonly id: string; readonly email: string; readonly role: Role; readonly invitedBy: string; readonly expiresAt: string; readonly link?: string };

export const ROLES: readonly { readonly value: Role; readonly label: string; readonly may: string }[] = [
  { value: 'owner', label: 'Owner', may: 'everything, and makes other owners' },
  { value: 'admin', label: 'Admin', may: 'users, API keys, locations, and all that editors may' },
  { value: 'editor', label: 'Editor', may: 'creates and changes checks, alerts and maintenance' },
  { value: 'runner', label: 'Runner', may: 'runs checks now, and reads' },
  { value: 'viewer', label: 'Viewer', may: 'reads' },
];

export function UsersPage() {
  const session = useSession();
  const may = useMay()('users:write');
  const { data: users } = useSuspenseQuery({ queryKey: ['settings', 'users'], queryFn: ({ signal }) => api.get<readonly User[]>('/v1/users', {}, { signal }) });
  const { data: invitations } = useSuspenseQuery({ queryKey: ['settings', 'invitations'], queryFn: ({ signal }) => api.get<readonly Invitation[]>('/v1/invitations', {}, { signal }) });
  const [isInviting, { open, close }] = useDisclosure(false);
  const change = useAct<{ id: string; role: Role }>({ run: ({ id, role }) => api.put(`/v1/users/${id}`, { role }), stale: ['settings', 'session'], done: () => 'Role changed' });
  const remove = useAct<string>({ run: (id) => api.delete(`/v1/users/${id}`), stale: ['settings'], done: () => 'Removed, and signed out everywhere' });
  const revoke = useAct<string>({ run: (id) => api.delete(`/v1/invitations/${id}`), stale: ['settings'], done: () => 'Invitation taken back' });
  const roles = ROLES.filter(({ value }) => session.user.role === 'owner' || value !== 'owner').map(({ value, label }) => ({ value, label }));
  return (
    <>
      <PageHeader title="Users" about={`Who may use the account ${session.account.name}, and as what.`} actions={may && <Button leftSection={<IconUserPlus size={16} />} onClick={open}>Invite</Button>} />
      <DataTable label="Users" columns={['Name', 'Role', 'Last seen', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
        {users.map((user) => (
          <Table.Tr key={user.id}>
            <Table.Td>
              <Group gap={6}><Text size="sm" fw={600} className="foreign">{user.name}</Text>{user.id === session.user.id && <Badge size="xs" variant="outline" color="gray" c="dimmed">you</Badge>}</Group>
              <Text size="xs" c="dimmed" className="foreign">{user.email}</Text>
            </Table.Td>
            <Table.Td>
              {may && (session.user.role === 'owner' || user.role !== 'owner')
                ? <Select aria-label={`Role of ${user.name}`} data={roles} value={user.role} allowDeselect={false} w={130} size="xs" onChange={(role) => { if (role !== null && role !== user.role) change.mutate({ id: user.id, role: role as Role }); }} />
                : <Text size="sm">{ROLES.find(({ value }) => value === user.role)?.label}</Text>}
            </Table.Td>
            <Table.Td>{user.lastSeenAt === null ? <Text size="sm" c="dimmed">signed out</Text> : <TimeAgo at={user.lastSeenAt} />}</Table.Td>
            <Table.Td ta="right">
              {may && user.id !== session.user.id && (
                <ActionIcon
                  variant="subtle" color="gray" aria-label={`Remove ${user.name}`}
                  onClick={() => askFirst({ title: `Remove ${user.name}?`, children: 'Their sessions end at once. What they made stays. To come back they need a new invitation.', verb: 'Remove', onConfirm: () => remove.mutate(user.id) })}
                ><IconTrash size={16} /></ActionIcon>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {invitations.length > 0 && (
        <>
          <Title order={2} size="h4" mt="xl" mb="sm">Open invitations</Title>
          <DataTable label="Open invitations" columns={['Email', 'Role', 'Invited by', 'Ends', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
            {invitations.map((invitation) => (
              <Table.Tr key={invitation.id}>
                <Table.Td className="foreign">{invitation.email}</Table.Td>
                <Table.Td>{ROLES.find(({ value }) => value === invitation.role)?.label}</Table.Td>
                <Table.Td className="foreign">{invitation.invitedBy}</Table.Td>
                <Table.Td><TimeAgo at={invitation.expiresAt} /></Table.Td>
                <Table.Td ta="right">{may && <ActionIcon variant="subtle" color="gray" aria-label={`Take back the invitation of ${invitation.email}`} onClick={() => revoke.mutate(invitation.id)}><IconTrash size={16} /></ActionIcon>}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        </>
      )}
      <Modal opened={isInviting} onClose={close} title="Invite somebody" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}><InviteForm roles={roles} /></Modal>
    </>
  );
}

function InviteForm({ roles }: { readonly roles: readonly { value: Role; label: string }[] }) {
  const queries = useQueryClient();
  const [link, setLink] = useState<string | null>(null);
  const form = useForm({ initialValues: { email: '', role: 'viewer' as Role } });
  const invite = useMutation({
    mutationFn: (values: { email: string; role: Role }) => api.post<Invitation>('/v1/invitations', values),
    onSuccess: (made) => {
      setLink(made.link ?? null);
      void queries.invalidateQueries({ queryKey: ['settings', 'invitations'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  if (link !== null) return <ShownOnce title="Link of the invitation" secret={link}>Send it to {form.values.email}: whoever opens it first joins. It ends in a week.</ShownOnce>;
  return (
    <form onSubmit={form.onSubmit((values) => invite.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={invite.error} title="Not invited" />
        <TextInput label="Email" type="email" required data-autofocus {...form.getInputProps('email')} />
        <Select label="Role" data={[...roles]} allowDeselect={false} description={`May: ${ROLES.find(({ value }) => value === form.values.role)?.may ?? ''}.`} {...form.getInputProps('role')} />
        <Button type="submit" loading={invite.isPending} mt="xs">Make a link</Button>
      </Stack>
    </form>
  );
}
