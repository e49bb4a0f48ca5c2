import { Card, Group, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { DeleteButton } from './delete-button.tsx';
import { CheckForm } from './form/check-form.tsx';
import { draftOf } from './form/draft.ts';
import type { CheckWire } from './wire.ts';

export function EditCheckPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  // Read once: what somebody else changes meanwhile is told when saving, and never pulled from under the typing.
  const { data } = useQuery({ queryKey: ['check-to-edit', id], queryFn: () => api.read<CheckWire>(`/v1/checks/${id}`), staleTime: 0, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false, throwOnError: true });
  if (data === undefined) return <PagePending />;
  const { body: check, etag } = data;
  return (
    <>
      <PageHeader title={`Edit ${check.name}`} />
      <CheckForm
        initial={draftOf(check)} before={check} etag={etag} onSaved={(saved, navigate) => void navigate({ to: '/checks/$id', params: { id: saved } })}
        footer={(
          <Card component="section" mt="xl" aria-labelledby="delete-title">
            <Group justify="space-between">
              <div style={{ flex: '1 1 260px' }}>
                <Title order={2} size="h5" id="delete-title">Delete</Title>
                <Text size="sm" c="dimmed">It stops running at once; its definition, history and subscriptions are lost.</Text>
              </div>
              <DeleteButton check={check} />
            </Group>
          </Card>
        )}
      />
    </>
  );
}
