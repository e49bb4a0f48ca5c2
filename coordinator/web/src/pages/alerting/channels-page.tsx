import { Anchor, Button, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconBellRinging, IconPlus, IconSend } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { channelName, channelsQuery, formOf, formsQuery, type Channel, type TestOutcome } from './channels.ts';

export function ChannelsPage() {
  const mayWrite = useMay()('channels:write');
  const { data: forms } = useSuspenseQuery(formsQuery);
  const { data: channels } = useSuspenseQuery(channelsQuery);
  const test = useAct<Channel, TestOutcome>({
    run: (channel) => api.post<TestOutcome>(`/v1/alert-channels/${channel.id}/test`), stale: ['deliveries'],
    done: ({ isDelivered, answer }, channel) => `${channelName(forms, channel)}: ${isDelivered ? 'delivered' : `not delivered: ${answer.status ?? answer.code ?? ''} ${answer.message}`.slice(0, 200)}`,
  });
  const create = mayWrite && <Button component={Link} to="/alert-channels/new" leftSection={<IconPlus size={16} />}>New channel</Button>;
  return (
    <>
      <PageHeader title="Alert channels" about="Where notices go, and which checks tell them." actions={channels.length > 0 && create} />
      {channels.length === 0
        ? <EmptyState icon={IconBellRinging} title="No channels yet" action={create}>Email, a webhook, Slack, Teams, PagerDuty and others are told when a check fails and when it is well again.</EmptyState>
        : (
          <DataTable label="Alert channels" minWidth={680} columns={['Channel', 'Kind', 'State', 'Is told of', 'Subscriptions', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
            {channels.map((channel) => (
              <Table.Tr key={channel.id}>
                <Table.Td>{mayWrite ? <Anchor component={Link} to={`/alert-channels/${channel.id}`} fw={600} size="sm" c="inherit" className="foreign">{channelName(forms, channel)}</Anchor> : <Text size="sm" fw={600} className="foreign">{channelName(forms, channel)}</Text>}</Table.Td>
                <Table.Td>{formOf(forms, channel)?.label ?? channel.type}</Table.Td>
                <Table.Td>{channel.disabledReason === null ? <ToneMark tone="good">On</ToneMark> : <><ToneMark tone="bad">Off</ToneMark><Text size="xs" c="dimmed" maw={260} className="foreign">{channel.disabledReason}</Text></>}</Table.Td>
                <Table.Td><Text size="sm">{toldOf(channel)}</Text></Table.Td>
                <Table.Td className="tabular">{channel.subscriptions.filter(({ activated }) => activated).length}{channel.autoSubscribe && <Text span size="xs" c="dimmed"> and new checks</Text>}</Table.Td>
                <Table.Td><Group justify="flex-end">{mayWrite && <Button size="xs" variant="default" leftSection={<IconSend size={14} />} loading={test.isPending && test.variables?.id === channel.id} onClick={() => test.mutate(channel)} aria-label={`Send a test to ${channelName(forms, channel)}`}>Test</Button>}</Group></Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
    </>
  );
}

function toldOf({ sendFailure, sendDegraded, sendRecovery }: Channel): string {
  const told = [...(sendFailure ? ['failures'] : []), ...(sendDegraded ? ['degraded'] : []), ...(sendRecovery ? ['recoveries'] : [])];
  return told.length === 0 ? 'nothing' : told.join(', ');
}
