import { Anchor, Button, Card, Center, Group, Menu, Pagination, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconCheck, IconCircleCheck, IconMoon } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StatusMark, type Status } from '../../parts/status-mark.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';

type Alert = {
  readonly id: string; readonly checkId: string; readonly checkName: string; readonly target: string; readonly kind: 'failure' | 'degraded' | 'no_data'; readonly isOpen: boolean;
  readonly openedAt: string; readonly since: string | null; readonly closedAt: string | null; readonly ending: string | null; readonly resolvedBy: string | null;
  readonly acknowledgedAt: string | null; readonly acknowledgedBy: string | null; readonly snoozedUntil: string | null;
  readonly lastNotice: { readonly title: string; readonly text: string; readonly locations: readonly string[]; readonly failure: { readonly phase: string; readonly code: string; readonly message: string } | null } | null;
};

const STATUS: Readonly<Record<Alert['kind'], Status>> = { failure: 'failing', degraded: 'degraded', no_data: 'no-data' };
const SNOOZES = [{ minutes: 30, label: 'for half an hour' }, { minutes: 120, label: 'for 2 hours' }, { minutes: 480, label: 'for 8 hours' }, { minutes: 1_440, label: 'for a day' }];
const ROWS = 25;
const route = getRouteApi('/signed-in/alerts');

/** What goes on, and what is over; and what people say about it. */
export function AlertsPage() {
  const { page = 1, closed = false } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, isPending } = useQuery({ queryKey: ['alerts', 'list', page, closed], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.read<readonly Alert[]>('/v1/alerts', { limit: ROWS, page, isOpen: !closed }, { signal }) });
  return (
    <>
      <PageHeader title="Alerts" about="What checks alerted, what became of it, and who is at work on it." />
      <SegmentedControl aria-label="Which" size="xs" mb="md" data={[{ value: 'open', label: 'Open' }, { value: 'closed', label: 'History' }]} value={closed ? 'closed' : 'open'} onChange={(next) => void navigate({ search: next === 'closed' ? { closed: true } : {}, replace: true })} />
      {isPending && <PagePending />}
      {data === undefined && <ProblemAlert error={error} title="The alerts could not be read" />}
      {data?.body.length === 0 && <EmptyState icon={IconCircleCheck} title={closed ? 'No history yet' : 'Nothing is wrong'}>{closed ? 'Alerts that are over are kept here.' : 'No check alerts just now. When one does, it is here at once, and in your channels.'}</EmptyState>}
      <Stack gap="sm">{data?.body.map((alert) => <AlertCard key={alert.id} alert={alert} />)}</Stack>
      {data !== undefined && (data.total ?? 0) > ROWS && (
        <Center mt="md">
          <Pagination
            total={Math.ceil((data.total ?? 0) / ROWS)} value={page} onChange={(next) => void navigate({ search: { ...(closed ? { closed } : {}), ...(next === 1 ? {} : { page: next }) } })}
            getControlProps={(control) => ({ 'aria-label': `${control} page` })} getItemProps={(at) => ({ 'aria-label': `page ${at}` })}
          />
        </Center>
      )}
    </>
  );
}

function AlertCard({ alert }: { readonly alert: Alert }) {
  const { checkName, target, kind, isOpen, since, openedAt, closedAt, ending, resolvedBy, acknowledgedAt, acknowledgedBy, snoozedUntil, lastNotice } = alert;
  return (
    <Card component="section" aria-label={`Alert of ${checkName}`}>
      <Group justify="space-between" align="flex-start" gap="xs">
        <div style={{ minWidth: 0, flex: '1 1 260px' }}>
          <Group gap="xs"><StatusMark status={STATUS[kind]} /><Anchor component={Link} to={`/checks/${alert.checkId}`} fw={600} c="inherit" className="foreign">{checkName}</Anchor></Group>
          <Text size="xs" c="dimmed" className="foreign">{target}</Text>
          {lastNotice !== null && <Text size="sm" mt={6} className="foreign">{lastNotice.failure === null ? lastNotice.title : `${lastNotice.failure.code}: ${lastNotice.failure.message}`}{lastNotice.locations.length > 0 && ` (${lastNotice.locations.join(', ')})`}</Text>}
          <Text size="xs" c="dimmed" mt={4} component="div">
            since <TimeAgo at={since ?? openedAt} size="xs" span />
            {closedAt !== null && <>, over <TimeAgo at={closedAt} size="xs" span />: {ending ?? 'recovered'}{resolvedBy !== null && ` by ${resolvedBy}`}</>}
            {isOpen && acknowledgedAt !== null && <>; {acknowledgedBy ?? 'somebody'} is at work on it since <TimeAgo at={acknowledgedAt} size="xs" span /></>}
            {isOpen && snoozedUntil !== null && <>; snoozed, ends <TimeAgo at={snoozedUntil} size="xs" span /></>}
          </Text>
        </div>
        {isOpen && <Actions alert={alert} />}
      </Group>
    </Card>
  );
}

function Actions({ alert: { id, checkName, acknowledgedAt, snoozedUntil } }: { readonly alert: Alert }) {
  const may = useMay()('alerts:write');
  const act = useAct<{ readonly verb: string; readonly said: string; readonly body?: object }>({ run: ({ verb, body }) => api.post(`/v1/alerts/${id}/${verb}`, body), stale: ['alerts'], done: (_, { said }) => said });
  if (!may) return null;
  return (
    <Group gap="xs">
      {acknowledgedAt === null
        ? <Button size="xs" leftSection={<IconCheck size={14} />} onClick={() => act.mutate({ verb: 'acknowledge', said: 'Yours: reminders stop, its end is told' })} aria-label={`Acknowledge the alert of ${checkName}`}>Acknowledge</Button>
        : <Button size="xs" variant="default" onClick={() => act.mutate({ verb: 'unacknowledge', said: 'Taken back: reminders go on' })} aria-label={`Take back the acknowledgement of ${checkName}`}>Take back</Button>}
      <Menu position="bottom-end" shadow="md">
        <Menu.Target><Button size="xs" variant="default" leftSection={<IconMoon size={14} />} aria-label={`Snooze the alert of ${checkName}`}>Snooze</Button></Menu.Target>
        <Menu.Dropdown>
          {SNOOZES.map(({ minutes, label }) => <Menu.Item key={minutes} onClick={() => act.mutate({ verb: 'snooze', body: { minutes }, said: `Nothing but its end is told ${label}` })}>{label}</Menu.Item>)}
          {snoozedUntil !== null && <Menu.Item onClick={() => act.mutate({ verb: 'snooze', body: { minutes: 0 }, said: 'No longer snoozed' })}>no longer</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Button
        size="xs" variant="default" aria-label={`Resolve the alert of ${checkName}`}
        onClick={() => askFirst({ title: 'Resolve this alert?', children: 'Whoever was told of it is told its end. If the trouble goes on, nothing more is told of it until it is over.', verb: 'Resolve', onConfirm: () => act.mutate({ verb: 'resolve', said: 'Resolved' }) })}
      >Resolve</Button>
    </Group>
  );
}
