import { Box, Button, Center, Group, Pagination, Select, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconActivityHeartbeat, IconFilterOff, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { BulkActions } from './bulk-actions.tsx';
import { CheckTable } from './check-table.tsx';
import { overviewQuery, RANGES, ROWS_PER_PAGE, type HomeSearch, type Range } from './overview.ts';
import { SummaryCounts } from './summary-counts.tsx';

const route = getRouteApi('/signed-in/');
/** Between keys; an answer takes some 50 ms, and what was asked before is dropped. */
const SEARCH_AFTER_MS = 60;

export function HomePage() {
  const search: HomeSearch = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay();
  const { data, error, isPending } = useQuery(overviewQuery(search));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const change = (changes: { [Key in keyof HomeSearch]: HomeSearch[Key] | undefined }): void => {
    setChosen(new Set());
    const { page: _page, ...kept } = search;
    void navigate({ search: Object.fromEntries(Object.entries({ ...kept, ...changes }).filter(([, value]) => value !== undefined && value !== '')) as HomeSearch, replace: true });
  };
  const find = useDebouncedCallback((q: string) => change({ q: q === '' ? undefined : q }), SEARCH_AFTER_MS);
  if (isPending) return <PagePending />;
  if (data === undefined) return <ProblemAlert error={error} title="The checks could not be read" />;
  const isEmpty = Object.values(data.counts).every((count) => count === 0);
  const isFiltered = search.q !== undefined || search.tag !== undefined || search.status !== undefined || search.location !== undefined;
  const create = may('checks:write') && <Button component={Link} to="/checks/new/tcp" leftSection={<IconPlus size={16} />}>New check</Button>;
  if (isEmpty) {
    return (
      <>
        <PageHeader title="Checks" />
        <EmptyState icon={IconActivityHeartbeat} title="No checks yet" action={create}>
          A check connects to a port from your locations, again and again, and tells you when what answers is not what you expect.
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <PageHeader title="Checks" actions={create && <Box visibleFrom="sm">{create}</Box>} />
      <SummaryCounts overview={data} chosen={search.status} onChoose={(status) => change({ status })} />
      <Group gap="sm" mb="sm">
        <TextInput
          aria-label="Search name or target" placeholder="Search name or target" leftSection={<IconSearch size={16} />} defaultValue={search.q ?? ''}
          onChange={(event) => find(event.currentTarget.value)} style={{ flex: '1 1 200px' }} maw={360} size="sm"
        />
        <Select aria-label="Tag" placeholder="Any tag" data={[...data.tags]} value={search.tag ?? null} onChange={(tag) => change({ tag: tag ?? undefined })} clearable searchable w={140} clearButtonProps={{ 'aria-label': 'Any tag' }} />
        <Select aria-label="Location" placeholder="Any location" data={[...data.locations]} value={search.location ?? null} onChange={(location) => change({ location: location ?? undefined })} clearable searchable w={150} clearButtonProps={{ 'aria-label': 'Any location' }} />
        <SegmentedControl aria-label="Range" size="xs" data={[...RANGES]} value={search.range ?? '24h'} onChange={(range) => change({ range: range === '24h' ? undefined : range as Range })} />
      </Group>
      <BulkActions chosen={chosen} onDone={() => setChosen(new Set())} />
      {data.entries.length === 0
        ? (
          <EmptyState icon={IconFilterOff} title="Nothing matches" action={isFiltered && <Button variant="default" onClick={() => change({ q: undefined, tag: undefined, status: undefined, location: undefined })}>Show all checks</Button>}>
            No check has all of what is asked for here.
          </EmptyState>
        )
        : <CheckTable overview={data} chosen={chosen} onChoose={setChosen} />}
      {data.total > ROWS_PER_PAGE && (
        <Center mt="md">
          <Pagination
            total={Math.ceil(data.total / ROWS_PER_PAGE)} value={search.page ?? 1} onChange={(page) => change({ page: page === 1 ? undefined : page })}
            getControlProps={(control) => ({ 'aria-label': `${control} page` })} getItemProps={(page) => ({ 'aria-label': `page ${page}` })}
          />
        </Center>
      )}
      <Text size="xs" c="dimmed" mt="sm" aria-live="polite">{data.total === 1 ? '1 check' : `${data.total} checks`}</Text>
    </>
  );
}
