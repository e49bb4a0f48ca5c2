import { Group, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** The head of every page: its only h1, what can be done at the right, and the title of the tab. */
export function PageHeader({ title, about, actions }: { readonly title: string; readonly about?: ReactNode; readonly actions?: ReactNode }) {
  useEffect(() => { document.title = `${title} · Sonde`; }, [title]);
  return (
    <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
      <div style={{ minWidth: 0, flex: '1 1 240px' }}>
        <Title order={1} size="h2" className="foreign">{title}</Title>
        {about !== undefined && <Text c="dimmed" size="sm" mt={2} component="div">{about}</Text>}
      </div>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
