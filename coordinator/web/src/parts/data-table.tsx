import { Card, Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** A table in a card, with its own sideways scrolling on a phone. `label` for those who do not see it. */
export function DataTable({ label, columns, children, minWidth = 560, className }: {
  readonly label: string; readonly columns: readonly ReactNode[]; readonly children: ReactNode; readonly minWidth?: number; readonly className?: string;
}) {
  return (
    <Card p={0}>
      <Table.ScrollContainer minWidth={minWidth} type="native" tabIndex={0} role="region" aria-label={label} {...(className === undefined ? {} : { className })}>
        <Table verticalSpacing="sm" horizontalSpacing="md" aria-label={label}>
          <Table.Thead><Table.Tr>{columns.map((column, index) => <Table.Th key={index} fz="xs" c="dimmed" fw={600}>{column}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>{children}</Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
