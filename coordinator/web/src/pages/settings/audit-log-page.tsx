import { Button, Center, Code, Table, Text } from '@mantine/core';
import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { exactTime } from '../../parts/time-text.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { wordsFor } from './audit-words.ts';

type Entry = {
  readonly id: string; readonly at: string; readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly action: string; readonly target: string | null; readonly address: string; readonly status: number; readonly details: Readonly<Record<string, unknown>>;
};
type Page = { readonly entries: readonly Entry[]; readonly nextId: string | null };

export function AuditLogPage() {
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage } = useSuspenseInfiniteQuery({
    queryKey: ['settings', 'audit-log'],
    queryFn: ({ pageParam, signal }) => api.get<Page>('/v1/audit-log', { limit: 50, nextId: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last: Page) => last.nextId,
  });
  return (
    <>
      <PageHeader title="Audit log" about="Every change, newest first: who, what, from where. Nothing in it can be changed." />
      <DataTable label="Audit log" minWidth={720} columns={['When', 'Who', 'What', 'From']}>
        {data.pages.flatMap(({ entries }) => entries).map((entry) => (
          <Table.Tr key={entry.id}>
            <Table.Td><Text size="sm" className="tabular">{exactTime(Date.parse(entry.at))}</Text></Table.Td>
            <Table.Td><Text size="sm" className="foreign">{entry.actor.name}</Text>{entry.actor.kind !== 'user' && <Text size="xs" c="dimmed">{entry.actor.kind === 'key' ? 'API key' : 'not signed in'}</Text>}</Table.Td>
            <Table.Td>
              <Text size="sm" fw={550}>{wordsFor(entry.action, entry.status)}</Text>
              <Text size="xs" c="dimmed" className="foreign">{subject(entry)} <Code fz={11}>{entry.action}</Code></Text>
            </Table.Td>
            <Table.Td><Text size="sm" className="tabular">{entry.address}</Text></Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {hasNextPage && <Center mt="md"><Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>Older</Button></Center>}
    </>
  );
}

function subject({ details, target }: Entry): string {
  const named = ['name', 'email', 'role', 'masked', 'slugName', 'code', 'key'].flatMap((field) => (typeof details[field] === 'string' ? [details[field]] : []));
  return named.length > 0 ? named.join(' · ') : target ?? '';
}
