import { Card, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** One section of the form: what it is about, and its fields. */
export function Section({ id, title, about, children, right }: { readonly id: string; readonly title: string; readonly about?: ReactNode; readonly children: ReactNode; readonly right?: ReactNode }) {
  return (
    <Card component="section" aria-labelledby={`${id}-title`} p={{ base: 'md', sm: 'lg' }}>
      <div style={{ display: 'flex', justifyContent: 'space-between', gap: 12, alignItems: 'flex-start', flexWrap: 'wrap', marginBottom: 16 }}>
        <div style={{ flex: '1 1 240px', minWidth: 0 }}>
          <Title order={2} size="h4" id={`${id}-title`}>{title}</Title>
          {about !== undefined && <Text size="sm" c="dimmed" mt={2}>{about}</Text>}
        </div>
        {right}
      </div>
      <Stack gap="md">{children}</Stack>
    </Card>
  );
}
