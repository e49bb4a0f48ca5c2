import { Alert, Button, Card, Checkbox, Code, Grid, Group, MultiSelect, Select, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconCheck, IconSend, IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { checkNamesQuery } from '../../parts/check-names.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { NotFound } from '../../shell/page-states.tsx';
import { groupNamesQuery } from '../groups/groups.ts';
import { ChannelField, type ChannelValues } from './channel-fields.tsx';
import { channelName, channelsQuery, emptyConfig, formOf, formsQuery, shownConfig, writtenConfig, type Channel, type TestOutcome } from './channels.ts';

const route = getRouteApi('/signed-in/alert-channels/$channelId');

export function NewChannelPage() {
  return <ChannelEditor channel={null} />;
}

export function ChannelPage() {
  const { channelId } = route.useParams();
  const { data } = useSuspenseQuery(channelsQuery);
  const channel = data.find(({ id }) => String(id) === channelId);
  return channel === undefined ? <NotFound /> : <ChannelEditor key={channel.updated_at} channel={channel} />;
}

function ChannelEditor({ channel }: { readonly channel: Channel | null }) {
  const { data: forms } = useSuspenseQuery(formsQuery);
  const { data: checks } = useSuspenseQuery(checkNamesQuery);
  const { data: groups = [] } = useQuery(groupNamesQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const first = (channel === null ? undefined : formOf(forms, channel)) ?? forms.find(({ kind }) => kind === 'EMAIL') ?? forms[0]!;
  const form = useForm<ChannelValues>({
    initialValues: {
      kind: first.kind, config: channel === null ? emptyConfig(first) : shownConfig(first, channel.config),
      sendFailure: channel?.sendFailure ?? true, sendDegraded: channel?.sendDegraded ?? false, sendRecovery: channel?.sendRecovery ?? true, autoSubscribe: channel?.autoSubscribe ?? true,
      checks: channel?.subscriptions.flatMap(({ checkId, activated }) => (checkId !== null && activated ? [checkId] : [])) ?? [],
      groups: channel?.subscriptions.flatMap(({ groupId, activated }) => (groupId !== null && activated ? [String(groupId)] : [])) ?? [],
    },
  });
  const chosen = forms.find(({ kind }) => kind === form.values.kind) ?? first;
  const written = (values: ChannelValues) => ({ type: chosen.type, config: writtenConfig(chosen, values.config, channel?.config ?? null) });
  const save = useMutation({
    mutationFn: (values: ChannelValues) => {
      const { sendFailure, sendDegraded, sendRecovery, autoSubscribe } = values;
      const subscriptions = [...values.checks.map((checkId) => ({ checkId })), ...values.groups.map((groupId) => ({ groupId: Number(groupId) }))];
      const body = { ...written(values), sendFailure, sendDegraded, sendRecovery, autoSubscribe, subscriptions };
      return channel === null ? api.post<Channel>('/v1/alert-channels', body) : api.put<Channel>(`/v1/alert-channels/${channel.id}`, body);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['settings', 'channels'] });
      await navigate({ to: '/alert-channels' });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const test = useMutation({
    mutationFn: (values: ChannelValues) => api.post<TestOutcome>('/v1/alert-channels/test', { ...written(values), ...(channel === null ? {} : { id: channel.id }) }),
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const remove = useAct<void>({
    run: async () => { await api.delete(`/v1/alert-channels/${channel!.id}`); await navigate({ to: '/alert-channels' }); },
    stale: ['settings'], done: () => 'The channel is deleted',
  });
  return (
    <>
      <PageHeader title={channel === null ? 'New alert channel' : channelName(forms, channel)} about={channel === null ? 'Where notices go.' : chosen.label} />
      {channel?.disabledReason != null && <Alert variant="outline" color="orange" mb="md" maw={860} title="Switched off" className="foreign">{channel.disabledReason} Save it to switch it on again.</Alert>}
      <form onSubmit={form.onSubmit((values) => { test.reset(); save.mutate(values); })} noValidate>
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Card>
              <Stack gap="sm">
                <ProblemAlert error={save.error ?? test.error} title="Not accepted" />
                {channel === null && (
                  <Select
                    label="Kind" data={forms.map(({ kind, label }) => ({ value: kind, label }))} value={chosen.kind} allowDeselect={false} maxDropdownHeight={360}
                    onChange={(kind) => {
                      const next = forms.find((one) => one.kind === kind);
                      if (next) form.setValues({ kind: next.kind, config: emptyConfig(next) });
                    }}
                  />
                )}
                {chosen.fields.map((field) => <ChannelField key={`${chosen.kind} ${field.name}`} field={field} form={form} saved={channel?.config ?? null} />)}
                <div>
                  <Button variant="default" leftSection={<IconSend size={16} />} loading={test.isPending} onClick={() => { save.reset(); test.mutate(form.values); }}>Send a test</Button>
                  {test.data !== undefined && <Outcome outcome={test.data} />}
                </div>
              </Stack>
            </Card>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Card>
              <Stack gap="sm">
                <Title order={2} size="h5">What it is told</Title>
                <Checkbox label="Failures" {...form.getInputProps('sendFailure', { type: 'checkbox' })} />
                <Checkbox label="Degraded checks" {...form.getInputProps('sendDegraded', { type: 'checkbox' })} />
                <Checkbox label="Recoveries" {...form.getInputProps('sendRecovery', { type: 'checkbox' })} />
                <Title order={2} size="h5" mt="xs">Of which checks</Title>
                <MultiSelect label="Checks" data={checks.map(({ checkId, name }) => ({ value: checkId, label: name }))} searchable limit={50} placeholder={form.values.checks.length === 0 ? 'none' : ''} nothingFoundMessage="No such check" clearable clearButtonProps={{ 'aria-label': 'No checks' }} {...form.getInputProps('checks')} />
                {groups.length > 0 && <MultiSelect label="Groups" data={groups.map(({ id, name }) => ({ value: String(id), label: name }))} searchable placeholder={form.values.groups.length === 0 ? 'none' : ''} {...form.getInputProps('groups')} />}
                <Checkbox label="New checks by themselves" description="Checks made from now on that name no channels." {...form.getInputProps('autoSubscribe', { type: 'checkbox' })} />
              </Stack>
            </Card>
          </Grid.Col>
        </Grid>
        <Group mt="md" justify="space-between">
          <Group gap="xs"><Button type="submit" loading={save.isPending}>{channel === null ? 'Create the channel' : 'Save'}</Button><Button component={Link} to="/alert-channels" variant="default">Cancel</Button></Group>
          {channel !== null && <Button variant="default" c="var(--mantine-color-error)" onClick={() => askFirst({ title: 'Delete this channel?', children: `Nothing is sent to it any more, and its ${channel.subscriptions.length} subscriptions go with it.`, verb: 'Delete', onConfirm: () => remove.mutate() })}>Delete</Button>}
        </Group>
      </form>
    </>
  );
}

/** What the other side said, whatever it was. */
function Outcome({ outcome: { isDelivered, answer } }: { readonly outcome: TestOutcome }) {
  return (
    <Alert mt="sm" variant="outline" color={isDelivered ? 'teal' : 'red'} icon={isDelivered ? <IconCheck /> : <IconX />} title={isDelivered ? 'Delivered' : 'Not delivered'} role="status">
      <Text size="sm">{answer.status === null ? `No answer${answer.code === null ? '' : ` (${answer.code})`}` : `The other side answered ${answer.status}`}</Text>
      {answer.message !== '' && <Code block mt="xs" className="foreign" style={{ whiteSpace: 'pre-wrap' }}>{answer.message}</Code>}
    </Alert>
  );
}
