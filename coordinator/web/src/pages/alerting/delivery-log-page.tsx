import { Button, Center, Code, Group, Pagination, SegmentedControl, Switch, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconMailFast, IconRefresh } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { ToneMark, type Tone } from '../../parts/tone-mark.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';

type Delivery = {
  readonly id: string; readonly status: 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE' | 'RATE_LIMITED'; readonly timestamp: string | null;
  readonly channelName: string; readonly kind: string; readonly title: string; readonly attempts: number; readonly notificationResult: string | null;
  readonly nextAttemptAt: string | null; readonly canBeResent: boolean;
};

const STATES: Readonly<Record<Delivery['status'], { readonly tone: Tone; readonly word: string }>> = {
  IN_PROGRESS: { tone: 'waiting', word: 'On its way' }, SUCCESS: { tone: 'good', word: 'Delivered' }, FAILURE: { tone: 'bad', word: 'Failed' }, RATE_LIMITED: { tone: 'warn', word: 'Slowed down' },
};
const ROWS = 50;
const RANGES = [{ value: '1', label: '24 h' }, { value: '7', label: '7 days' }, { value: '30', label: '30 days' }];
const DAY_MS = 86_400_000;
/** So that a page and the next ask about the same time. */
const MINUTE_MS = 60_000;

const route = getRouteApi('/signed-in/deliveries');

export function DeliveryLogPage() {
  const { page = 1, days = 1, failed = false } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useMay()('channels:write');
  const { data, error, isPending } = useQuery({
    queryKey: ['alerts', 'deliveries', page, days, failed], placeholderData: keepPreviousData, refetchInterval: 10_000,
    queryFn: ({ signal }) => {
      const toMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
      return api.read<readonly Delivery[]>('/v1/alert-notifications', { limit: ROWS, page, from: new Date(toMs - days * DAY_MS).toISOString(), to: new Date(toMs).toISOString(), hasFailures: failed ? true : undefined }, { signal });
    },
  });
  const resend = useAct<string>({ run: (id) => api.post(`/v1/alert-notifications/${id}/resend`), stale: ['alerts'], done: () => 'On its way again, with the same id' });
  return (
    <>
      <PageHeader title="Delivery log" about="What became of every notice, on every channel." />
      <Group mb="sm">
        <SegmentedControl aria-label="Range" size="xs" data={RANGES} value={String(days)} onChange={(next) => void navigate({ search: { ...(next === '1' ? {} : { days: Number(next) }), ...(failed ? { failed } : {}) }, replace: true })} />
        <Switch label="Failed only" size="sm" checked={failed} onChange={(event) => void navigate({ search: { ...(days === 1 ? {} : { days }), ...(event.currentTarget.checked ? { failed: true } : {}) }, replace: true })} />
      </Group>
      {isPending && <PagePending />}
      {data === undefined && <ProblemAlert error={error} title="The log could not be read" />}
      {data?.body.length === 0 && <EmptyState icon={IconMailFast} title="Nothing was sent">{failed ? 'Nothing failed in this time.' : 'As soon as a check alerts, every message to every channel is listed here, with what the other side said.'}</EmptyState>}
      {data !== undefined && data.body.length > 0 && (
        <DataTable label="Deliveries" minWidth={820} columns={['When', 'Channel', 'Notice', 'State', 'What the other side said', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
          {data.body.map((delivery) => (
            <Table.Tr key={delivery.id}>
              <Table.Td>{delivery.timestamp !== null && <TimeAgo at={delivery.timestamp} />}</Table.Td>
              <Table.Td className="foreign">{delivery.channelName}</Table.Td>
              <Table.Td maw={280} className="foreign">{delivery.title}</Table.Td>
              <Table.Td>
                <ToneMark tone={STATES[delivery.status].tone}>{STATES[delivery.status].word}</ToneMark>
                <Text size="xs" c="dimmed">{delivery.attempts === 1 ? '1 attempt' : `${delivery.attempts} attempts`}{delivery.nextAttemptAt !== null && <>, next <TimeAgo at={delivery.nextAttemptAt} size="xs" span /></>}</Text>
              </Table.Td>
              <Table.Td maw={300}>{delivery.notificationResult === null ? <Text size="sm" c="dimmed">–</Text> : <Code className="foreign" style={{ whiteSpace: 'pre-wrap' }}>{delivery.notificationResult.slice(0, 300)}</Code>}</Table.Td>
              <Table.Td ta="right">{mayWrite && delivery.canBeResent && <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={() => resend.mutate(delivery.id)} aria-label={`Send again: ${delivery.title} to ${delivery.channelName}`}>Send again</Button>}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {data !== undefined && (data.total ?? 0) > ROWS && (
        <Center mt="md">
          <Pagination
            total={Math.ceil((data.total ?? 0) / ROWS)} value={page} onChange={(next) => void navigate({ search: { ...(days === 1 ? {} : { days }), ...(failed ? { failed } : {}), ...(next === 1 ? {} : { page: next }) } })}
            getControlProps={(control) => ({ 'aria-label': `${control} page` })} getItemProps={(at) => ({ 'aria-label': `page ${at}` })}
          />
        </Center>
      )}
    </>
  );
}
