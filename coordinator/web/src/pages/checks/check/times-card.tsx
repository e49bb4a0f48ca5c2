import { Card, Group, SegmentedControl, Skeleton, Table, Text, Title, Tooltip } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { durationText } from '../../../parts/ago-text.ts';
import { exactTime } from '../../../parts/time-text.tsx';
import { PHASES } from '../run/phases.ts';
import type { SeriesWire } from '../wire.ts';
import type { StandingWire } from './queries.ts';

const PhaseChart = lazy(async () => ({ default: (await import('./phase-chart.tsx')).PhaseChart }));

/** Where the time goes, over time: as a chart, or as a table that says the same. */
export function TimesCard({ series, standing }: { readonly series: SeriesWire; readonly standing: StandingWire }) {
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const seen = series.buckets.filter(({ phases }) => phases['total'] !== undefined);
  return (
    <Card component="section" aria-labelledby="times-title">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5" id="times-title">Response time by phase</Title>
        <SegmentedControl size="xs" aria-label="How the times are shown" value={view} onChange={(value) => setView(value as typeof view)} data={[{ value: 'chart', label: 'Chart' }, { value: 'table', label: 'Table' }]} />
      </Group>
      {seen.length === 0 && <Text c="dimmed" size="sm">No run passed in this range: there is no time to show.</Text>}
      {seen.length > 0 && view === 'chart' && (
        <>
          <Suspense fallback={<Skeleton height={280} />}><PhaseChart series={series} label={`Mean time of each phase and p95 of the total, in ${series.buckets.length} stretches of time. The table says the same.`} /></Suspense>
          <AlertLine series={series} standing={standing} />
        </>
      )}
      {seen.length > 0 && view === 'table' && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Times by phase" style={{ maxHeight: 320, overflowY: 'auto' }}>
          <Table stickyHeader fz="sm" className="tabular runs">
            <Table.Thead><Table.Tr><Table.Th>From</Table.Th>{PHASES.map(({ key, name }) => <Table.Th key={key} ta="right">{name}</Table.Th>)}<Table.Th ta="right">Total</Table.Th><Table.Th ta="right">p95</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {seen.toReversed().map(({ at, phases }) => (
                <Table.Tr key={at}>
                  <Table.Td>{exactTime(Date.parse(at))}</Table.Td>
                  {PHASES.map(({ key }) => <Table.Td key={key} ta="right">{phases[key] === undefined ? '–' : durationText(phases[key].avgMs * 1_000)}</Table.Td>)}
                  <Table.Td ta="right">{durationText((phases['total']?.avgMs ?? 0) * 1_000)}</Table.Td><Table.Td ta="right">{durationText((phases['total']?.p95Ms ?? 0) * 1_000)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Card>
  );
}

const KIND_WORDS = { failure: 'failing', degraded: 'degraded', no_data: 'no data' } as const;

/** When alerts were open, under the same time axis. */
function AlertLine({ series, standing }: { readonly series: SeriesWire; readonly standing: StandingWire }) {
  if (standing.alerts.length === 0) return null;
  const [fromMs, toMs] = [Date.parse(series.from), Date.parse(series.to)];
  const share = (ms: number): number => ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / (toMs - fromMs)) * 100;
  return (
    <div style={{ marginTop: 8, display: 'flex', alignItems: 'center' }}>
      <Text size="xs" c="dimmed" w={64} style={{ flexShrink: 0 }}>Alerts</Text>
      <div className="chart-alerts" style={{ flex: 1 }}>
        {standing.alerts.map(({ id, kind, openedAt, closedAt }) => {
          const [from, to] = [share(Date.parse(openedAt)), share(closedAt === null ? toMs : Date.parse(closedAt))];
          const label = `${KIND_WORDS[kind]}: from ${exactTime(Date.parse(openedAt))} ${closedAt === null ? 'until now' : `to ${exactTime(Date.parse(closedAt))}`}`;
          return <Tooltip key={id} label={label}><span role="img" aria-label={label} style={{ left: `${from}%`, width: `${Math.max(to - from, 0.3)}%` }} /></Tooltip>;
        })}
      </div>
    </div>
  );
}
