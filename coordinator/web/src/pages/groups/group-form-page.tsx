import { Button, Card, Checkbox, Group as Row, MultiSelect, Select, Stack, Table, TagsInput, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Anchor } from '@mantine/core';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { NotFound } from '../../shell/page-states.tsx';
import { channelName, channelsQuery, formsQuery } from '../alerting/channels.ts';
import { locationsQuery } from '../locations/fleet.ts';
import { Variables } from '../variables/variables.tsx';
import { cadenceOf, everySeconds, everyText, groupsQuery, type WholeGroup } from './groups.ts';

const route = getRouteApi('/signed-in/groups/$groupId');
const OWN = 'own';
const EVERY_SECONDS = [10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

export function NewGroupPage() {
  return <GroupEditor group={null} />;
}

export function GroupPage() {
  const { groupId } = route.useParams();
  const { data } = useSuspenseQuery(groupsQuery);
  const group = data.find(({ id }) => String(id) === groupId);
  if (group === undefined) return <NotFound />;
  return (
    <>
      <GroupEditor key={String(group['revision'])} group={group} />
      <ChecksOf groupId={group.id} />
      <Title order={2} size="h4" mt="xl" mb="sm">Variables</Title>
      <Variables groupId={group.id} />
    </>
  );
}

function GroupEditor({ group }: { readonly group: WholeGroup | null }) {
  const mayWrite = useMay()('groups:write');
  const { data: locations } = useSuspenseQuery(locationsQuery);
  const { data: channels } = useSuspenseQuery(channelsQuery);
  const { data: forms } = useSuspenseQuery(formsQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const seconds = group === null ? null : everySeconds(group);
  const form = useForm({
    initialValues: {
      name: group?.name ?? '', description: group?.description ?? '', tags: [...group?.tags ?? []], activated: group?.activated ?? true, muted: group?.muted ?? false,
      locations: [...group?.locations ?? [], ...group?.privateLocations ?? []], every: seconds === null ? OWN : String(seconds),
      strategy: group?.runParallel == null ? OWN : group.runParallel ? 'parallel' : 'roundRobin',
      channels: group?.alertChannelSubscriptions.flatMap(({ alertChannelId, activated }) => (activated ? [String(alertChannelId)] : [])) ?? [],
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const isPrivate = (code: string): boolean => locations.some((location) => location.code === code && location.kind === 'private');
      const { environmentVariables: _untouched, ...before } = group ?? { retryStrategy: 'FALLBACK' } as Partial<WholeGroup>;
      const body = {
        ...before, name: values.name, description: values.description === '' ? null : values.description, tags: values.tags, activated: values.activated, muted: values.muted,
        locations: values.locations.filter((code) => !isPrivate(code)), privateLocations: values.locations.filter(isPrivate),
        ...cadenceOf(values.every === OWN ? null : Number(values.every)), runParallel: values.strategy === OWN ? null : values.strategy === 'parallel',
        alertChannelSubscriptions: values.channels.map((id) => ({ alertChannelId: Number(id), activated: true })),
      };
      return group === null ? api.post<WholeGroup>('/v2/check-groups', body) : api.put<WholeGroup>(`/v2/check-groups/${group.id}`, body);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['settings', 'groups'] });
      await navigate({ to: '/groups' });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const remove = useAct<void>({ run: async () => { await api.delete(`/v2/check-groups/${group!.id}`); await navigate({ to: '/groups' }); }, stale: ['settings'], done: () => 'The group is deleted' });
  const everyChoices = [...new Set([...EVERY_SECONDS, ...(seconds === null ? [] : [seconds])])].toSorted((a, b) => a - b);
  return (
    <>
      <PageHeader title={group?.name ?? 'New group'} about="What is said here stands above what its checks say themselves; what is left open is each check’s own." />
      <Card maw={720}>
        <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
          <Stack gap="sm">
            <ProblemAlert error={save.error} title="Not saved" />
            <TextInput label="Name" required disabled={!mayWrite} {...form.getInputProps('name')} />
            <Textarea label="Description" autosize minRows={1} disabled={!mayWrite} {...form.getInputProps('description')} />
            <TagsInput label="Tags" description="Every check of it has these as well." disabled={!mayWrite} {...form.getInputProps('tags')} />
            <MultiSelect label="Locations" description="None: each check where it says itself." data={locations.map(({ code, name }) => ({ value: code, label: name === code ? code : `${name} (${code})` }))} searchable disabled={!mayWrite} {...form.getInputProps('locations')} />
            <Row grow align="flex-start">
              <Select label="How often" data={[{ value: OWN, label: 'each its own' }, ...everyChoices.map((every) => ({ value: String(every), label: everyText(every) }))]} allowDeselect={false} disabled={!mayWrite} {...form.getInputProps('every')} error={form.errors['frequency'] ?? form.errors['frequencyOffset']} />
              <Select label="Strategy" data={[{ value: OWN, label: 'each its own' }, { value: 'roundRobin', label: 'one location after the other' }, { value: 'parallel', label: 'all locations at once' }]} allowDeselect={false} disabled={!mayWrite} {...form.getInputProps('strategy')} />
            </Row>
            <MultiSelect label="Alert channels" data={channels.map((channel) => ({ value: String(channel.id), label: channelName(forms, channel) }))} searchable disabled={!mayWrite} {...form.getInputProps('channels')} />
            <Checkbox label="Its checks run" disabled={!mayWrite} {...form.getInputProps('activated', { type: 'checkbox' })} />
            <Checkbox label="Nobody is told" disabled={!mayWrite} {...form.getInputProps('muted', { type: 'checkbox' })} />
            {mayWrite && (
              <Row justify="space-between" mt="xs">
                <Row gap="xs"><Button type="submit" loading={save.isPending}>{group === null ? 'Create the group' : 'Save'}</Button><Button component={Link} to="/groups" variant="default">Cancel</Button></Row>
                {group !== null && <Button variant="default" c="var(--mantine-color-error)" onClick={() => askFirst({ title: `Delete ${group.name}?`, children: 'Its variables go with it. Refused while checks are in it.', verb: 'Delete', onConfirm: () => remove.mutate() })}>Delete</Button>}
              </Row>
            )}
          </Stack>
        </form>
      </Card>
    </>
  );
}

function ChecksOf({ groupId }: { readonly groupId: number }) {
  const { data: checks = [] } = useQuery({ queryKey: ['checks', 'of-group', groupId], queryFn: ({ signal }) => api.get<readonly { readonly id: string; readonly name: string; readonly activated: boolean }[]>(`/v2/check-groups/${groupId}/checks`, { limit: 100 }, { signal }) });
  return (
    <>
      <Title order={2} size="h4" mt="xl" mb="sm">Checks</Title>
      {checks.length === 0
        ? <Text size="sm" c="dimmed">None yet: choose the group in the form of a check.</Text>
        : (
          <DataTable label="Checks of the group" minWidth={320} columns={['Check', 'State']}>
            {checks.map(({ id, name, activated }) => (
              <Table.Tr key={id}><Table.Td><Anchor component={Link} to={`/checks/${id}`} size="sm" c="inherit" fw={600} className="foreign">{name}</Anchor></Table.Td><Table.Td>{activated ? 'active' : 'inactive'}</Table.Td></Table.Tr>
            ))}
          </DataTable>
        )}
    </>
  );
}
