import { Anchor, Badge, Button, Card, Group, SegmentedControl, Select, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { durationText } from '../../../parts/ago-text.ts';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import { exactTime } from '../../../parts/time-text.tsx';
import { visibleText } from '../run/bytes.ts';
import { OutcomeMark } from '../run/outcome-mark.tsx';
import type { CheckSearch } from './check-search.ts';
import { runsQuery } from './queries.ts';

type Props = { readonly id: string; readonly search: CheckSearch; readonly bucketMs: number; readonly onChange: (changes: { readonly [Key in keyof CheckSearch]?: CheckSearch[Key] | undefined }) => void };

/** The runs one by one, newest first, page after page. */
export function RunsCard({ id, search, bucketMs, onChange }: Props) {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  const [filter, setFilter] = useState(search);
  if (JSON.stringify(filter) !== JSON.stringify(search)) {
    setFilter(search);
    setCursors([null]);
  }
  const { data, error } = useQuery(runsQuery(id, search, bucketMs, cursors.at(-1) ?? null));
  const change = (changes: Parameters<typeof onChange>[0]): void => { setCursors([null]); onChange(changes); };
  return (
    <Card component="section" aria-labelledby="runs-title" p={0}>
      <Group justify="space-between" p="md" gap="sm">
        <Group gap="xs">
          <Title order={2} size="h5" id="runs-title">Runs</Title>
          {search.at !== undefined && <Badge variant="light" tt="none" color="indigo">{exactTime(search.at)}</Badge>}
          {search.at !== undefined && <Button size="compact-xs" variant="subtle" onClick={() => change({ at: undefined })}>Show the whole range</Button>}
        </Group>
        <Group gap="xs">
          <SegmentedControl size="xs" aria-label="Outcome" value={search.outcome ?? 'all'} onChange={(value) => change({ outcome: value === 'all' ? undefined : value as 'failed' | 'good' })} data={[{ value: 'all', label: 'All' }, { value: 'failed', label: 'Failed' }, { value: 'good', label: 'Not failed' }]} />
          <Select size="xs" w={130} aria-label="Trigger" placeholder="Any trigger" clearable clearButtonProps={{ 'aria-label': 'Any trigger' }} value={search.trigger ?? null} onChange={(trigger) => change({ trigger: trigger ?? undefined })} data={['schedule', 'deploy', 'manual', 'confirm', 'retry']} />
        </Group>
      </Group>
      {error !== null && <ProblemAlert error={error} />}
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Runs">
        <Table fz="sm" verticalSpacing={7} horizontalSpacing="md" className="runs" aria-label="Runs">
          <Table.Thead><Table.Tr><Table.Th>Outcome</Table.Th><Table.Th>When</Table.Th><Table.Th>Location</Table.Th><Table.Th ta="right">Total</Table.Th><Table.Th>Trigger</Table.Th><Table.Th>Why</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {data?.entries.map((run) => {
              const seen = run.tcpCheckResult;
              return (
                <Table.Tr key={run.id}>
                  <Table.Td><OutcomeMark outcome={seen.outcome} /></Table.Td>
                  <Table.Td><Anchor component={Link} to={`/checks/${id}/runs/${run.id}`} size="sm">{exactTime(Date.parse(run.startedAt))}</Anchor></Table.Td>
                  <Table.Td className="foreign">{run.runLocation}</Table.Td>
                  <Table.Td ta="right" className="tabular">{durationText(seen.timings.total)}</Table.Td>
                  <Table.Td>{seen.trigger}{run.attempts > 1 ? `, attempt ${run.attempts}` : ''}</Table.Td>
                  <Table.Td maw={420} style={{ overflow: 'hidden', textOverflow: 'ellipsis' }} className="foreign" title={seen.error === null ? undefined : visibleText(seen.error.message)}>{seen.error === null ? '' : visibleText(seen.error.message)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </div>
      {data?.entries.length === 0 && <Text size="sm" c="dimmed" p="md" pt={0}>No run is in this range with these filters.</Text>}
      {data !== undefined && (cursors.length > 1 || data.nextId !== null) && (
        <Group justify="flex-end" p="sm" gap="xs">
          <Button size="xs" variant="default" disabled={cursors.length === 1} onClick={() => setCursors(cursors.slice(0, -1))}>Newer</Button>
          <Button size="xs" variant="default" disabled={data.nextId === null} onClick={() => setCursors([...cursors, data.nextId])}>Older</Button>
        </Group>
      )}
    </Card>
  );
}
