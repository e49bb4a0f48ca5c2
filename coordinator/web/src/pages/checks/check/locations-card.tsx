import { Card, Table, Text, Title, VisuallyHidden } from '@mantine/core';
import { durationText, percentText } from '../../../parts/ago-text.ts';
import type { SeriesWire } from '../wire.ts';

/** The same numbers from every place, beside each other. */
export function LocationsCard({ series }: { readonly series: SeriesWire }) {
  const slowest = Math.max(...series.locations.map(({ phases }) => phases['total']?.p95Ms ?? 0), 0.001);
  return (
    <Card component="section" aria-labelledby="places-title">
      <Title order={2} size="h5" id="places-title" mb="sm">By location</Title>
      {series.locations.length === 0 ? <Text size="sm" c="dimmed">Nothing ran in this range.</Text> : (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="By location">
          <Table fz="sm" className="tabular runs" verticalSpacing={7}>
            <Table.Thead><Table.Tr><Table.Th>Location</Table.Th><Table.Th ta="right">Availability</Table.Th><Table.Th ta="right">p50</Table.Th><Table.Th ta="right">p95</Table.Th><Table.Th w={110}><VisuallyHidden>p95 beside the others</VisuallyHidden></Table.Th><Table.Th ta="right">Runs</Table.Th><Table.Th ta="right">Failed</Table.Th><Table.Th ta="right">Unseen</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {series.locations.map((place) => {
                const total = place.phases['total'];
                return (
                  <Table.Tr key={place.location}>
                    <Table.Td className="foreign">{place.location}</Table.Td>
                    <Table.Td ta="right">{place.availability === null ? '–' : percentText(place.availability)}</Table.Td>
                    <Table.Td ta="right">{total === undefined ? '–' : durationText(total.p50Ms * 1_000)}</Table.Td>
                    <Table.Td ta="right">{total === undefined ? '–' : durationText(total.p95Ms * 1_000)}</Table.Td>
                    <Table.Td><div className="waterfall-track" aria-hidden><div className="waterfall-bar" style={{ width: `${((total?.p95Ms ?? 0) / slowest) * 100}%`, background: 'var(--mantine-color-indigo-5)' }} /></div></Table.Td>
                    <Table.Td ta="right">{place.runs.toLocaleString()}</Table.Td><Table.Td ta="right">{place.outcomes.failed.toLocaleString()}</Table.Td><Table.Td ta="right">{place.unseen.toLocaleString()}</Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Card>
  );
}
