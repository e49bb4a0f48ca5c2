import { Card, Center, Container, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleDashed, IconSquareRoundedXFilled, IconTool, type Icon } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { api } from '../../api/api.ts';
import { ApiProblem, messageOf } from '../../api/api-problem.ts';
import { percentText } from '../../parts/ago-text.ts';
import { exactTime, TimeAgo } from '../../parts/time-text.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { DayBars, type Day } from './day-bars.tsx';

type ComponentState = 'operational' | 'degraded' | 'down' | 'maintenance' | 'unknown';
type OverallState = 'operational' | 'degraded' | 'partialOutage' | 'majorOutage' | 'maintenance' | 'unknown';
type PublicPage = {
  readonly title: string; readonly description: string | null; readonly at: string; readonly state: OverallState;
  readonly sections: readonly { readonly name: string; readonly components: readonly { readonly name: string; readonly state: ComponentState; readonly uptime: number | null; readonly days: readonly Day[] }[] }[];
  readonly incidents: readonly { readonly component: string; readonly kind: 'failure' | 'degraded'; readonly startedAt: string; readonly endedAt: string | null }[];
  readonly maintenance: readonly { readonly name: string; readonly underWay: boolean; readonly changesAt: string | null }[];
};

const LOOKS = {
  good: { icon: IconCircleCheckFilled, color: 'var(--sonde-passing)' }, warn: { icon: IconAlertTriangleFilled, color: 'var(--sonde-degraded)' },
  bad: { icon: IconSquareRoundedXFilled, color: 'var(--sonde-failing)' }, work: { icon: IconTool, color: 'var(--sonde-paused)' }, idle: { icon: IconCircleDashed, color: 'var(--sonde-paused)' },
} as const satisfies Record<string, { icon: Icon; color: string }>;
type Look = keyof typeof LOOKS;

const OVERALL: Readonly<Record<OverallState, { readonly look: Look; readonly sentence: string }>> = {
  operational: { look: 'good', sentence: 'All systems are operational' }, degraded: { look: 'warn', sentence: 'Some systems are slower than they should be' },
  partialOutage: { look: 'bad', sentence: 'Some systems are down' }, majorOutage: { look: 'bad', sentence: 'All systems are down' },
  maintenance: { look: 'work', sentence: 'Maintenance is under way' }, unknown: { look: 'idle', sentence: 'Nothing is known just now' },
};
const STATES: Readonly<Record<ComponentState, { readonly look: Look; readonly word: string }>> = {
  operational: { look: 'good', word: 'Operational' }, degraded: { look: 'warn', word: 'Degraded' }, down: { look: 'bad', word: 'Down' }, maintenance: { look: 'work', word: 'Maintenance' }, unknown: { look: 'idle', word: 'Unknown' },
};
const AGAIN_EVERY_MS = 30_000;

const route = getRouteApi('/status/$slug');

/** What an account tells everybody. Asks one question of the API, which needs nobody signed in. */
export function PublicStatusPage() {
  const { slug } = route.useParams();
  const { data, error, isPending } = useQuery({ queryKey: ['public-status', slug], queryFn: ({ signal }) => api.get<PublicPage>(`/v1/public/status-pages/${encodeURIComponent(slug)}`, {}, { signal }), refetchInterval: AGAIN_EVERY_MS });
  useEffect(() => { document.title = data?.title ?? 'Status'; }, [data?.title]);
  if (isPending) return <PagePending />;
  if (data === undefined) return <NotThere error={error} />;
  return <Shown page={data} />;
}

function NotThere({ error }: { readonly error: unknown }) {
  const isMissing = error instanceof ApiProblem && error.status === 404;
  return (
    <Center mih="80vh" p="md" component="main">
      <Stack align="center" gap={4} ta="center">
        <Title order={1} size="h2">{isMissing ? 'There is no status page here' : 'The status could not be read'}</Title>
        <Text c="dimmed">{isMissing ? 'The address may have a typing error.' : messageOf(error)}</Text>
      </Stack>
    </Center>
  );
}

function Shown({ page }: { readonly page: PublicPage }) {
  const { look, sentence } = OVERALL[page.state];
  const { icon: Icon, color } = LOOKS[look];
  return (
    <Container size={820} py="xl" component="main">
      <Title order={1} mb={4} className="foreign">{page.title}</Title>
      {page.description !== null && <Text c="dimmed" mb="md" className="foreign" style={{ whiteSpace: 'pre-line' }}>{page.description}</Text>}
      <Card mt="md" mb="xl" p="lg" radius="lg" style={{ borderLeft: `6px solid ${color}` }}>
        <Group gap="sm" wrap="nowrap" aria-live="polite"><Icon size={32} color={color} aria-hidden style={{ flexShrink: 0 }} /><Title order={2} size="h3">{sentence}</Title></Group>
      </Card>
      {page.maintenance.length > 0 && (
        <Stack gap="xs" mb="xl">
          <Title order={2} size="h4">Maintenance</Title>
          {page.maintenance.map((window, index) => (
            <Card key={index}><Group gap="xs" wrap="nowrap"><IconTool size={18} aria-hidden /><div>
              <Text fw={600} className="foreign">{window.name}</Text>
              <Text size="sm" c="dimmed">{window.underWay ? 'Under way' : 'Planned'}{window.changesAt !== null && `: ${window.underWay ? 'until' : 'from'} ${exactTime(Date.parse(window.changesAt))}`}</Text>
            </div></Group></Card>
          ))}
        </Stack>
      )}
      {page.sections.map((section, index) => (
        <section key={index} aria-label={section.name === '' ? 'Systems' : section.name}>
          {section.name !== '' && <Title order={2} size="h4" mb="sm" className="foreign">{section.name}</Title>}
          <Card mb="xl" p={0}>
            {section.components.map((component, at) => <ComponentRow key={at} component={component} isFirst={at === 0} />)}
          </Card>
        </section>
      ))}
      <Incidents incidents={page.incidents} />
      <Group justify="space-between" mt="xl"><Text size="xs" c="dimmed">Times are in {Intl.DateTimeFormat().resolvedOptions().timeZone}; days are UTC.</Text><Text size="xs" c="dimmed">As of <TimeAgo at={page.at} size="xs" span /></Text></Group>
    </Container>
  );
}

function ComponentRow({ component: { name, state, uptime, days }, isFirst }: { readonly component: PublicPage['sections'][number]['components'][number]; readonly isFirst: boolean }) {
  const { look, word } = STATES[state];
  const { icon: Icon, color } = LOOKS[look];
  return (
    <div style={{ padding: '16px 20px', ...(isFirst ? {} : { borderTop: '1px solid var(--sonde-line)' }) }}>
      <Group justify="space-between" mb={8} gap="xs">
        <Text fw={600} className="foreign">{name}</Text>
        <Group gap={6} wrap="nowrap"><Icon size={18} color={color} aria-hidden /><Text size="sm" fw={550}>{word}</Text></Group>
      </Group>
      <DayBars name={name} days={days} />
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">{days.length} days ago</Text>
        <Text size="xs" c="dimmed" className="tabular">{uptime === null ? 'nothing seen yet' : `${percentText(uptime)} available`}</Text>
        <Text size="xs" c="dimmed">today</Text>
      </Group>
    </div>
  );
}

function Incidents({ incidents }: { readonly incidents: PublicPage['incidents'] }) {
  if (incidents.length === 0) return null;
  return (
    <section aria-label="Incidents">
      <Title order={2} size="h4" mb="sm">Incidents</Title>
      <Stack gap="xs">
        {incidents.map(({ component, kind, startedAt, endedAt }, index) => {
          const { icon: Icon, color } = LOOKS[endedAt === null ? (kind === 'failure' ? 'bad' : 'warn') : 'good'];
          return (
            <Card key={index}><Group gap="xs" wrap="nowrap" align="flex-start"><Icon size={18} color={color} aria-hidden style={{ marginTop: 2, flexShrink: 0 }} /><div>
              <Text fw={600} className="foreign">{component} {kind === 'failure' ? 'was down' : 'was degraded'}{endedAt === null && ', and still is'}</Text>
              <Text size="sm" c="dimmed">{exactTime(Date.parse(startedAt))}{endedAt !== null && ` – ${exactTime(Date.parse(endedAt))}, ${lasted(Date.parse(endedAt) - Date.parse(startedAt))}`}</Text>
            </div></Group></Card>
          );
        })}
      </Stack>
    </section>
  );
}

function lasted(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 60 ? `${minutes} min` : minutes < 1_440 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}
