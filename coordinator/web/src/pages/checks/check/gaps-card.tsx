import { Card, Group, Table, Text, Title } from '@mantine/core';
import { exactTime } from '../../../parts/time-text.tsx';
import { gapWords } from './gap-words.ts';
import type { CompletenessWire } from './queries.ts';

const GAPS_SHOWN = 50;

/** Every due run has a result or a reason: what was due, and why the rest is not there. */
export function GapsCard({ books }: { readonly books: CompletenessWire }) {
  const shown = books.gaps.toReversed().slice(0, GAPS_SHOWN);
  return (
    <Card component="section" aria-labelledby="gaps-title">
      <Group justify="space-between" mb={shown.length === 0 ? 0 : 'sm'}>
        <Title order={2} size="h5" id="gaps-title">Gaps</Title>
        <Text size="sm" c="dimmed" className="tabular">
          {books.due.toLocaleString()} due, {books.results.toLocaleString()} with a result, {books.gapCount.toLocaleString()} with a reason{books.pending > 0 ? `, ${books.pending} still open` : ''}{books.missing > 0 ? `, ${books.missing} missing` : ''}
        </Text>
      </Group>
      {shown.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Gaps" style={{ maxHeight: 260, overflowY: 'auto' }}>
          <Table fz="sm" className="runs" verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>When</Table.Th><Table.Th>Why</Table.Th><Table.Th>Location</Table.Th><Table.Th ta="right">Runs</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {shown.map((gap) => (
                <Table.Tr key={`${gap.from} ${gap.location} ${gap.reason}`}>
                  <Table.Td>{exactTime(Date.parse(gap.from))}{gap.count > 1 ? ` to ${new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }).format(Date.parse(gap.to))}` : ''}</Table.Td>
                  <Table.Td>{gapWords(gap.reason)}</Table.Td><Table.Td className="foreign">{gap.location}</Table.Td><Table.Td ta="right" className="tabular">{gap.count}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {books.gaps.length > shown.length && <Text size="xs" c="dimmed" mt="xs">The newest {shown.length} of {books.gaps.length + books.gapsOmitted}.</Text>}
    </Card>
  );
}
