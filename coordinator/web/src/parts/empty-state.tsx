import { Center, Stack, Text, Title } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Where there is nothing yet: what would be here, and the way to make the first one. */
export function EmptyState({ icon: Icon, title, children, action }: { readonly icon: Icon; readonly title: string; readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <Center mih={320} p="lg">
      <Stack align="center" gap={6} maw={440} ta="center">
        <Center w={64} h={64} mb={8} style={{ borderRadius: 20, background: 'var(--mantine-color-indigo-light)' }}>
          <Icon size={32} stroke={1.5} color="var(--mantine-color-anchor)" aria-hidden />
        </Center>
        <Title order={2} size="h3">{title}</Title>
        <Text c="dimmed">{children}</Text>
        {action !== undefined && <div style={{ marginTop: 12 }}>{action}</div>}
      </Stack>
    </Center>
  );
}
