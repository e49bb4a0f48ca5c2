import { Group, Paper, SimpleGrid, Text, UnstyledButton } from '@mantine/core';
import { IconServer2 } from '@tabler/icons-react';
import { StatusMark } from '../../parts/status-mark.tsx';
import { shownStatus, type ApiStatus, type Overview } from './overview.ts';

const ORDER: readonly ApiStatus[] = ['passing', 'degraded', 'failing', 'noData', 'inactive'];

/** How many of each, at a glance; a click shows those alone. */
export function SummaryCounts({ overview: { counts, agents }, chosen, onChoose }: { readonly overview: Overview; readonly chosen: ApiStatus | undefined; readonly onChoose: (status: ApiStatus | undefined) => void }) {
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="sm" mb="md">
      {ORDER.map((status) => (
        <UnstyledButton key={status} onClick={() => onChoose(chosen === status ? undefined : status)} aria-pressed={chosen === status}>
          <Paper withBorder p="sm" radius="md" style={{ background: 'var(--sonde-surface)', borderColor: chosen === status ? 'var(--mantine-color-anchor)' : 'var(--sonde-line)' }}>
            <StatusMark status={shownStatus(status)} />
            <Text fz={26} fw={650} lh={1.2} mt={4} className="tabular">{counts[status]}</Text>
          </Paper>
        </UnstyledButton>
      ))}
      <Paper withBorder p="sm" radius="md" style={{ background: 'var(--sonde-surface)', borderColor: 'var(--sonde-line)' }}>
        <Group gap={6} wrap="nowrap"><IconServer2 size={18} aria-hidden style={{ flexShrink: 0 }} /><Text size="sm" fw={550} truncate>Agents online</Text></Group>
        <Text fz={26} fw={650} lh={1.2} mt={4} className="tabular">{agents.online}<Text span c="dimmed" fz="md" fw={500}> / {agents.total}</Text></Text>
      </Paper>
    </SimpleGrid>
  );
}
