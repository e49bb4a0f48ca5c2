import { Badge, Button, Card, Group, PasswordInput, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useSession } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';
import { toast } from '../../parts/toast.ts';
import { PageHeader } from '../../shell/page-header.tsx';

type UserSession = { readonly id: string; readonly address: string; readonly userAgent: string; readonly isCurrent: boolean; readonly created_at: string; readonly lastSeenAt: string };

type Ways = { readonly hasPassword: boolean; readonly oidc: { readonly name: string; readonly isConnected: boolean } | null };

export function ProfilePage() {
  const { user } = useSession();
  const { data } = useSuspenseQuery({ queryKey: ['settings', 'sessions'], queryFn: ({ signal }) => api.get<readonly UserSession[]>('/v1/session/all', {}, { signal }) });
  const { data: ways } = useSuspenseQuery({ queryKey: ['session', 'ways'], queryFn: ({ signal }) => api.get<Ways>('/v1/session/ways', {}, { signal }) });
  const end = useAct<string>({ run: (id) => api.delete(`/v1/session/all/${id}`), stale: ['settings'], done: () => 'Session ended' });
  return (
    <>
      <PageHeader title="Password and sessions" about={`${user.name} · ${user.email} · ${user.role}`} />
      <Title order={2} size="h4" mb="sm">Where you are signed in</Title>
      <DataTable label="Sessions" columns={['Browser', 'Address', 'Since', 'Last seen', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
        {data.map((session) => (
          <Table.Tr key={session.id}>
            <Table.Td maw={320}><Group gap={6}><Text size="sm" className="foreign">{browserOf(session.userAgent)}</Text>{session.isCurrent && <Badge size="xs" variant="outline" color="gray" c="dimmed">this one</Badge>}</Group></Table.Td>
            <Table.Td className="tabular">{session.address}</Table.Td>
            <Table.Td><TimeAgo at={session.created_at} /></Table.Td>
            <Table.Td><TimeAgo at={session.lastSeenAt} /></Table.Td>
            <Table.Td ta="right">{!session.isCurrent && <Button variant="default" size="compact-sm" onClick={() => end.mutate(session.id)}>End</Button>}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {ways.oidc !== null && (
        <>
          <Title order={2} size="h4" mt="xl" mb="sm">{ways.oidc.name}</Title>
          {ways.oidc.isConnected
            ? <Text size="sm">You may sign in there.</Text>
            : <Button component="a" href="/v1/session/oidc?next=/profile" variant="default">Connect {ways.oidc.name}</Button>}
        </>
      )}
      {ways.hasPassword && (
        <>
          <Title order={2} size="h4" mt="xl" mb="sm">Password</Title>
          <Card maw={440}><PasswordForm /></Card>
        </>
      )}
    </>
  );
}

function PasswordForm() {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { currentPassword: '', password: '' } });
  const change = useMutation({
    mutationFn: (values: typeof form.values) => api.put('/v1/session/password', values),
    onSuccess: () => {
      form.reset();
      toast({ message: 'Password changed. Your other sessions have ended.', color: 'teal' });
      void queries.invalidateQueries({ queryKey: ['settings', 'sessions'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={change.error} title="Not changed" />
        <PasswordInput label="Current password" autoComplete="current-password" required {...form.getInputProps('currentPassword')} />
        <PasswordInput label="New password" autoComplete="new-password" required description="12 characters or more. Your other sessions end." {...form.getInputProps('password')} />
        <Group><Button type="submit" loading={change.isPending}>Change the password</Button></Group>
      </Stack>
    </form>
  );
}

/** The name of browser and system, as far as they say; the whole text otherwise. */
function browserOf(userAgent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\/(\d+)/.exec(userAgent);
  const system = /\((?:X11; )?(Windows|Macintosh|iPhone|iPad|Linux|Android)/.exec(userAgent);
  if (browser === null) return userAgent === '' ? 'unknown' : userAgent;
  return `${browser[1] === 'Edg' ? 'Edge' : browser[1] === 'OPR' ? 'Opera' : browser[1]} ${browser[2]}${system === null ? '' : ` on ${system[1] === 'Macintosh' ? 'macOS' : system[1]}`}`;
}
