import { Card, Group, Progress, SegmentedControl, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { UsageBars, type UsageDay } from './usage-bars.tsx';

type Counts = { readonly totalRuns: number; readonly scheduledRuns: number; readonly retryRuns: number; readonly manualRuns: number; readonly deployRuns: number; readonly externalRuns: number; readonly cost: number };
type Quota = {
  readonly pool: string; readonly period: string; readonly runsPerMonth: number; readonly used: number; readonly remaining: number; readonly percent: number;
  readonly state: 'ok' | 'warning' | 'exceeded'; readonly policy: string; readonly projectedRuns: number | null;
};
type Summary = { readonly pricePer10000: number; readonly currency: string; readonly total: Counts; readonly quotas: readonly Quota[] };
type Series = { readonly series: readonly UsageDay[] };

const RANGES = [{ value: 'thisMonth', label: 'This month' }, { value: 'lastMonth', label: 'Last month' }, { value: 'last30Days', label: '30 days' }];
/** Metered up to two minutes behind: no use in asking more often. */
const AGAIN_EVERY_MS = 60_000;
const KINDS: readonly (readonly [keyof Counts, string])[] = [['scheduledRuns', 'Scheduled runs'], ['retryRuns', 'Retries'], ['manualRuns', 'Run by hand'], ['deployRuns', 'After a change'], ['externalRuns', 'Of other systems']];

const route = getRouteApi('/signed-in/usage');

/** What was run, what it costs, and how much is left. */
export function UsagePage() {
  const { range = 'thisMonth' } = route.useSearch();
  const navigate = route.useNavigate();
  const ask = { placeholderData: keepPreviousData, refetchInterval: AGAIN_EVERY_MS } as const;
  const summary = useQuery({ ...ask, queryKey: ['settings', 'usage', range], queryFn: ({ signal }) => api.get<Summary>('/v1/usage/summary', { quickRange: range }, { signal }) });
  const series = useQuery({ ...ask, queryKey: ['settings', 'usage-series', range], queryFn: ({ signal }) => api.get<Series>('/v1/usage/series', { quickRange: range, granularity: 'day' }, { signal }) });
  const error = summary.error ?? series.error;
  return (
    <>
      <PageHeader title="Usage" about="A run counts in each location, and so does a retry. Metered from what was stored, up to two minutes behind." />
      <SegmentedControl aria-label="Range" size="xs" mb="md" data={RANGES} value={range} onChange={(next) => void navigate({ search: next === 'thisMonth' ? {} : { range: next }, replace: true })} />
      {error !== null && <ProblemAlert error={error} title="The usage could not be read" />}
      {error === null && (summary.data === undefined || series.data === undefined) && <PagePending />}
      {summary.data !== undefined && series.data !== undefined && <Shown summary={summary.data} days={series.data.series} />}
    </>
  );
}

function Shown({ summary: { pricePer10000, currency, total, quotas }, days }: { readonly summary: Summary; readonly days: readonly UsageDay[] }) {
  const money = (amount: number): string => new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);
  const kinds = KINDS.filter(([kind]) => total[kind] > 0);
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        <Figure label="Runs" value={total.totalRuns.toLocaleString()} />
        <Figure label="Price" value={money(total.cost)} sub={`${money(pricePer10000)} for 10,000 runs`} />
        {quotas.map((quota) => <QuotaCard key={quota.pool} quota={quota} />)}
      </SimpleGrid>
      <Card>
        <Title order={2} size="h5" mb="sm">Runs by day (UTC)</Title>
        <UsageBars days={days} />
      </Card>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <DataTable label="Runs by kind" minWidth={280} columns={['Kind', 'Runs']}>
          {kinds.map(([kind, label]) => <Table.Tr key={kind}><Table.Td>{label}</Table.Td><Table.Td className="tabular">{total[kind].toLocaleString()}</Table.Td></Table.Tr>)}
          {kinds.length === 0 && <Table.Tr><Table.Td colSpan={2}><Text size="sm" c="dimmed">Nothing was run in this time.</Text></Table.Td></Table.Tr>}
        </DataTable>
        <DataTable label="Runs by day" minWidth={280} columns={['Day', 'Runs', 'Price']}>
          {days.filter(({ totalRuns }) => totalRuns > 0).toReversed().map((day) => (
            <Table.Tr key={day.from}><Table.Td>{day.from.slice(0, 10)}</Table.Td><Table.Td className="tabular">{day.totalRuns.toLocaleString()}</Table.Td><Table.Td className="tabular">{money(day.cost)}</Table.Td></Table.Tr>
          ))}
        </DataTable>
      </SimpleGrid>
    </Stack>
  );
}

function Figure({ label, value, sub }: { readonly label: string; readonly value: string; readonly sub?: string }) {
  return <Card><Text size="sm" c="dimmed" fw={600}>{label}</Text><Text fz={28} fw={650} className="tabular">{value}</Text>{sub !== undefined && <Text size="xs" c="dimmed">{sub}</Text>}</Card>;
}

function QuotaCard({ quota: { pool, period, runsPerMonth, percent, state, policy, projectedRuns, remaining } }: { readonly quota: Quota }) {
  return (
    <Card>
      <Group justify="space-between"><Text size="sm" c="dimmed" fw={600}>Quota of {pool}, {period}</Text><ToneMark tone={state === 'ok' ? 'good' : state === 'warning' ? 'warn' : 'bad'}>{state === 'ok' ? 'Fine' : state === 'warning' ? 'Nearly used' : 'Used up'}</ToneMark></Group>
      <Text fz={28} fw={650} className="tabular">{percent} %</Text>
      <Progress value={Math.min(100, percent)} size={6} my={4} aria-label={`Quota of ${pool} used`} />
      <Text size="xs" c="dimmed">{remaining.toLocaleString()} of {runsPerMonth.toLocaleString()} left{projectedRuns !== null && `; at this pace ${projectedRuns.toLocaleString()}`}. {policy === 'refuse_new' ? 'Beyond it new checks and runs by hand are refused.' : 'Beyond it everything goes on.'}</Text>
    </Card>
  );
}
