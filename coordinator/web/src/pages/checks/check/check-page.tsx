import '../checks.css';
import { Alert, Badge, Button, Card, Group, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core';
import { IconBellOff, IconPencil } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMay } from '../../../api/session.ts';
import { CheckMenu } from '../../../parts/check-menu.tsx';
import { StatusMark } from '../../../parts/status-mark.tsx';
import { TimeAgo } from '../../../parts/time-text.tsx';
import { PageHeader } from '../../../shell/page-header.tsx';
import { PagePending } from '../../../shell/page-states.tsx';
import { everySecondsOf } from '../form/draft.ts';
import { intervalText } from '../form/interval-text.ts';
import type { CheckWire } from '../wire.ts';
import { CHECK_RANGES, DEFAULT_RANGE, type CheckRange, type CheckSearch } from './check-search.ts';
import { FiguresOf } from './figures.tsx';
import { GapsCard } from './gaps-card.tsx';
import { LocationsCard } from './locations-card.tsx';
import { checkQuery, completenessQuery, seriesQuery, standingQuery, type StandingWire } from './queries.ts';
import { Ribbon } from './ribbon.tsx';
import { RunsCard } from './runs-card.tsx';
import { TimesCard } from './times-card.tsx';

/** One check: how it stands, its numbers and times over a range, and its runs. */
export function CheckPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const search = useSearch({ strict: false }) as CheckSearch;
  const navigate = useNavigate();
  const may = useMay();
  const { data: check } = useSuspenseQuery(checkQuery(id));
  const { data: standing } = useSuspenseQuery(standingQuery(id, search.range));
  const { data: series } = useQuery(seriesQuery(id, search));
  const { data: books } = useQuery(completenessQuery(id, search.range));
  const change = (changes: { readonly [Key in keyof CheckSearch]?: CheckSearch[Key] | undefined }): void => {
    const kept = Object.entries({ ...search, ...changes }).filter(([name, value]) => value !== undefined && !(name === 'range' && value === DEFAULT_RANGE));
    void navigate({ to: '.', search: Object.fromEntries(kept), replace: true, resetScroll: false });
  };
  return (
    <>
      <PageHeader
        title={check.name} about={<About check={check} />}
        actions={(
          <>
            {may('checks:write') && <Button component={Link} to={`/checks/${id}/edit`} leftSection={<IconPencil size={16} />}>Edit</Button>}
            <CheckMenu check={{ ...check, checkId: id }} onDeleted={() => { void navigate({ to: '/' }); }} />
          </>
        )}
      />
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Standing check={check} standing={standing} />
          <Group gap="xs">
            <Select size="xs" w={150} aria-label="Location" placeholder="All locations" clearable clearButtonProps={{ 'aria-label': 'All locations' }} data={[...new Set([...check.locations, ...check.privateLocations])]} value={search.location ?? null} onChange={(location) => change({ location: location ?? undefined })} />
            <SegmentedControl size="xs" aria-label="Range" data={Object.keys(CHECK_RANGES)} value={search.range ?? DEFAULT_RANGE} onChange={(range) => change({ range: range as CheckRange, at: undefined })} />
          </Group>
        </Group>
        {check.description !== null && <Text size="sm" className="foreign" style={{ whiteSpace: 'pre-wrap' }}>{check.description}</Text>}
        {series === undefined ? <PagePending /> : (
          <>
            <FiguresOf whole={series.whole} />
            <Card component="section" aria-labelledby="ribbon-title">
              <Title order={2} size="h5" id="ribbon-title" mb="sm">Results</Title>
              <Ribbon series={series} chosen={search.at ?? null} onChoose={(at) => change({ at: at ?? undefined })} />
            </Card>
            <TimesCard series={series} standing={standing} />
            <LocationsCard series={series} />
          </>
        )}
        {books !== undefined && <GapsCard books={books} />}
        <RunsCard id={id} search={search} bucketMs={(series?.bucketSeconds ?? 60) * 1_000} onChange={change} />
      </Stack>
    </>
  );
}

function About({ check }: { readonly check: CheckWire }) {
  const { request } = check;
  return (
    <Group gap={8}>
      <span className="foreign">{request.hostname.includes(':') ? `[${request.hostname}]` : request.hostname}:{request.port}</span>
      <span>·</span><span>every {intervalText(everySecondsOf(check))}</span>
      <span>·</span><span>{check.runParallel ? 'in all locations at once' : 'in one location after the other'}</span>
      {check.tags.map((tag) => <Badge key={tag} size="sm" variant="outline" color="gray" c="dimmed" tt="none" fw={500}>{tag}</Badge>)}
      {check.muted && <Badge size="sm" variant="outline" color="gray" c="dimmed" tt="none" leftSection={<IconBellOff size={12} aria-hidden />}>muted</Badge>}
    </Group>
  );
}

function Standing({ check, standing }: { readonly check: CheckWire; readonly standing: StandingWire }) {
  const status = !check.activated ? 'paused' : standing.status === 'noData' ? 'no-data' : standing.status;
  const isAlerting = standing.alerts.some(({ closedAt }) => closedAt === null);
  return (
    <Group gap="sm" data-testid="standing">
      <StatusMark status={status} size="lg" />
      {standing.since !== null && check.activated && <Group gap={4}><Text size="sm" c="dimmed">since</Text><TimeAgo at={standing.since} c="dimmed" /></Group>}
      {isAlerting && <Alert variant="light" color="red" p={4} px={8} styles={{ message: { color: 'var(--mantine-color-error)' } }}>An alert is open</Alert>}
    </Group>
  );
}
