import { Card, Center, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** The frame of every page outside: the mark, a title, a card. */
export function Door({ title, about, children }: { readonly title: string; readonly about?: ReactNode; readonly children: ReactNode }) {
  useEffect(() => { document.title = `${title} · Sonde`; }, [title]);
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={400} gap="lg">
        <Group justify="center" gap={10}>
          <img src="/sonde.svg" width={36} height={36} alt="" />
          <Text fw={700} size="xl" style={{ letterSpacing: '-0.02em' }}>Sonde</Text>
        </Group>
        <Card p="xl" radius="lg" shadow="sm">
          <Stack gap="md">
            <div>
              <Title order={1} size="h3">{title}</Title>
              {about !== undefined && <Text c="dimmed" size="sm" mt={4}>{about}</Text>}
            </div>
            {children}
          </Stack>
        </Card>
      </Stack>
    </Center>
  );
}
