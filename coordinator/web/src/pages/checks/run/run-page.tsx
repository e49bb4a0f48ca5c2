import '../checks.css';
import { Anchor, Button, Card, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api } from '../../../api/api.ts';
import { durationText } from '../../../parts/ago-text.ts';
import { exactTime } from '../../../parts/time-text.tsx';
import { PageHeader } from '../../../shell/page-header.tsx';
import type { Outcome, ResultWire, Trigger } from '../wire.ts';
import { AssertionResults } from './assertion-results.tsx';
import { sizeText, visibleText } from './bytes.ts';
import { CertificateFacts } from './certificate-facts.tsx';
import { DialogueSteps } from './dialogue-steps.tsx';
import { HonestyFacts } from './honesty-facts.tsx';
import { OutcomeMark } from './outcome-mark.tsx';
import { ResponseView } from './response-view.tsx';
import { Verdict } from './verdict-card.tsx';
import { Waterfall } from './waterfall.tsx';

type Neighbour = { readonly id: string; readonly attempt: number; readonly outcome: Outcome; readonly trigger: Trigger; readonly dueAt: string; readonly location: string; readonly totalUs: number; readonly failureCode: string | null };
type Around = { readonly attempts: readonly Neighbour[]; readonly slot: readonly Neighbour[]; readonly previous: Neighbour | null; readonly next: Neighbour | null };

/** One attempt, with everything that was seen, and what surrounds it. */
export function RunPage() {
  const { id, runId } = useParams({ strict: false }) as { id: string; runId: string };
  const path = `/v1/check-results/${id}/${runId}`;
  const { data: result } = useSuspenseQuery({ queryKey: ['run', id, runId], queryFn: ({ signal }) => api.get<ResultWire>(path, {}, { signal }), staleTime: 60_000 });
  const { data: around } = useSuspenseQuery({ queryKey: ['check', id, 'around', runId], queryFn: ({ signal }) => api.get<Around>(`${path}/around`, {}, { signal }) });
  const seen = result.tcpCheckResult;
  // Without an answer the columns are short: what is under them need not stand in one.
  const isShort = seen.bytesReceived === 0 && seen.tls === null;
  const to = (neighbour: Neighbour): string => `/checks/${id}/runs/${neighbour.id}`;
  return (
    <>
      <PageHeader
        title={`Run of ${exactTime(Date.parse(result.startedAt))}`}
        about={<><Anchor component={Link} to={`/checks/${id}`} size="sm" underline="always" className="foreign">{result.name}</Anchor> from {visibleText(result.runLocation)}, {TRIGGER_WORDS[seen.trigger]}</>}
        actions={(
          <>
            <Step neighbour={around.previous} to={to} label="Run before" icon={<IconChevronLeft size={16} />} isFirst />
            <Step neighbour={around.next} to={to} label="Run after" icon={<IconChevronRight size={16} />} />
          </>
        )}
      />
      <Stack gap="md">
        <Card><Verdict result={result} /></Card>
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md" style={{ alignItems: 'start' }}>
          <Stack gap="md">
            <Part id="waterfall" title="Where the time went"><Waterfall timings={seen.timings} /></Part>
            <Part id="assertions" title="Assertions"><AssertionResults assertions={seen.assertions} /></Part>
            {seen.steps.length > 0 && <Part id="dialogue" title="Dialogue"><DialogueSteps steps={seen.steps} /></Part>}
            {!isShort && <Part id="connection" title="Connection"><Connection seen={seen} /></Part>}
          </Stack>
          <Stack gap="md">
            <Part id="request" title="Request"><Request seen={seen} /></Part>
            <Part id="response" title="Response"><ResponseView seen={seen} /></Part>
            {seen.tls !== null && <Part id="certificate" title="Certificate"><CertificateFacts tls={seen.tls} atMs={Date.parse(seen.startedAt)} /></Part>}
          </Stack>
        </SimpleGrid>
        {isShort && <Part id="connection" title="Connection"><Connection seen={seen} /></Part>}
        {around.attempts.length > 1 && <Part id="attempts" title="Attempts of this run"><Neighbours label="Attempts" of={around.attempts} to={to} current={result.id} withAttempt /></Part>}
        {around.slot.length > 0 && <Part id="slot" title="The same slot in other locations"><Neighbours label="Other locations" of={around.slot} to={to} current={result.id} /></Part>}
        <Part id="honesty" title="How far this can be trusted"><HonestyFacts result={result} /></Part>
      </Stack>
    </>
  );
}

const TRIGGER_WORDS: Readonly<Record<Trigger, string>> = { schedule: 'on schedule', deploy: 'after a change', manual: 'run by hand', confirm: 'to be sure of the verdict', retry: 'a retry' };

function Part({ id, title, children }: { readonly id: string; readonly title: string; readonly children: ReactNode }) {
  return (
    <Card component="section" aria-labelledby={`${id}-title`}>
      <Title order={2} size="h5" id={`${id}-title`} mb="sm">{title}</Title>
      {children}
    </Card>
  );
}

function Step({ neighbour, to, label, icon, isFirst = false }: { readonly neighbour: Neighbour | null; readonly to: (neighbour: Neighbour) => string; readonly label: string; readonly icon: ReactNode; readonly isFirst?: boolean }) {
  const side = isFirst ? { leftSection: icon } : { rightSection: icon };
  if (neighbour === null) return <Button size="xs" variant="default" disabled {...side}>{label}</Button>;
  return <Button size="xs" variant="default" component={Link} to={to(neighbour)} {...side}>{label}</Button>;
}

function Request({ seen }: { readonly seen: ResultWire['tcpCheckResult'] }) {
  const { request } = seen;
  return (
    <Stack gap="xs">
      <dl className="facts">
        <dt>Target</dt><dd className="foreign">{visibleText(request.hostname)}:{request.port}, {request.ipFamily}</dd>
        <dt>Sent</dt><dd>{sizeText(seen.bytesSent)}{request.data === null ? '' : `, ${request.sendAfter === 'banner' ? 'after the greeting' : 'at once'}, written as ${request.dataFormat}`}</dd>
      </dl>
      {request.data !== null && <div className="bytes foreign" tabIndex={0} role="group" aria-label="Data that was sent"><pre>{visibleText(request.data)}</pre></div>}
    </Stack>
  );
}

function Connection({ seen }: { readonly seen: ResultWire['tcpCheckResult'] }) {
  return (
    <dl className="facts">
      <dt>Dialled</dt><dd><code>{seen.resolvedAddress ?? 'nothing'}</code></dd>
      {seen.resolvedAddresses.length > 1 && <><dt>All addresses</dt><dd>{seen.resolvedAddresses.join(', ')}</dd></>}
      <dt>From</dt><dd>{seen.localAddress ?? 'unknown'}</dd>
      <dt>Established</dt><dd>{seen.established ? 'yes' : 'no'}</dd>
      <dt>Received</dt><dd>{sizeText(seen.bytesReceived)}; reading ended {STOP_WORDS[seen.stopReason] ?? seen.stopReason}</dd>
      {seen.error !== null && <><dt>Failure code</dt><dd><code>{seen.error.code}</code> in {seen.error.phase}</dd></>}
      {Object.entries(seen.captures).map(([name, value]) => <Captured key={name} name={name} value={value} />)}
    </dl>
  );
}

function Captured({ name, value }: { readonly name: string; readonly value: string }) {
  return <><dt className="foreign">Capture {visibleText(name)}</dt><dd className="foreign"><code>{visibleText(value)}</code></dd></>;
}

const STOP_WORDS: Readonly<Record<string, string>> = {
  not_read: 'before it began: nothing was asked of the answer', decided: 'as soon as every assertion was decided', closed: 'when the other side closed', end_of_answer: 'at the end of the answer',
  bytes: 'at the byte limit', deadline: 'at the time limit', failed: 'with the failure',
};

function Neighbours({ label, of, to, current, withAttempt = false }: { readonly label: string; readonly of: readonly Neighbour[]; readonly to: (neighbour: Neighbour) => string; readonly current: string; readonly withAttempt?: boolean }) {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label={label}>
      <Table fz="sm" verticalSpacing={6} className="runs" aria-label={label}>
        <Table.Thead><Table.Tr><Table.Th>{withAttempt ? 'Attempt' : 'Location'}</Table.Th><Table.Th>Outcome</Table.Th><Table.Th>{withAttempt ? 'Location' : 'Due'}</Table.Th><Table.Th ta="right">Total</Table.Th><Table.Th>Failure</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {of.map((one) => {
            const name = withAttempt ? String(one.attempt) : one.location;
            return (
              <Table.Tr key={one.id}>
                <Table.Td>{one.id === current ? <Group gap={6}><Text size="sm" fw={600}>{name}</Text><Text size="xs" c="dimmed">this one</Text></Group> : <Anchor component={Link} to={to(one)} size="sm">{name}</Anchor>}</Table.Td>
                <Table.Td><OutcomeMark outcome={one.outcome} /></Table.Td>
                <Table.Td>{withAttempt ? one.location : exactTime(Date.parse(one.dueAt))}</Table.Td>
                <Table.Td ta="right" className="tabular">{durationText(one.totalUs)}</Table.Td>
                <Table.Td>{one.failureCode === null ? '' : <code>{one.failureCode}</code>}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
