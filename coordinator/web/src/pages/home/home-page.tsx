import { Anchor, Button, Card, Table, Text } from '@mantine/core';
import { IconActivityHeartbeat, IconPlus } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { StatusMark, type Status } from '../../parts/status-mark.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { PageHeader } from '../../shell/page-header.tsx';

type CheckStatus = {
  readonly checkId: string; readonly name: string; readonly hasFailures: boolean; readonly hasErrors: boolean; readonly isDegraded: boolean;
  readonly lastCheckRunId: string | null; readonly updated_at: string | null;
};

export function HomePage() {
  const { data } = useSuspenseQuery({ queryKey: ['checks', 'statuses'], queryFn: ({ signal }) => api.get<readonly CheckStatus[]>('/v1/check-statuses', {}, { signal }) });
  return (
    <>
      <PageHeader title="Checks" />
      {data.length === 0
        ? (
          <EmptyState icon={IconActivityHeartbeat} title="No checks yet" action={<Button component={Link} to="/checks/new/tcp" leftSection={<IconPlus size={16} />}>Create a TCP check</Button>}>
            A check connects to a port from your locations, again and again, and tells you when what answers is not what you expect.
          </EmptyState>
        )
        : (
          <Card p={0}>
            <Table verticalSpacing="sm">
              <Table.Thead><Table.Tr><Table.Th>Status</Table.Th><Table.Th>Name</Table.Th><Table.Th>Last run</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>
                {data.map((check) => (
                  <Table.Tr key={check.checkId}>
                    <Table.Td><StatusMark status={statusOf(check)} /></Table.Td>
                    <Table.Td><Anchor component={Link} to={`/checks/${check.checkId}`} className="foreign">{check.name}</Anchor></Table.Td>
                    <Table.Td>{check.updated_at === null ? <Text size="sm" c="dimmed">–</Text> : <TimeAgo at={check.updated_at} />}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Card>
        )}
    </>
  );
}

function statusOf(check: CheckStatus): Status {
  if (check.lastCheckRunId === null) return 'no-data';
  if (check.hasFailures || check.hasErrors) return 'failing';
  return check.isDegraded ? 'degraded' : 'passing';
}
