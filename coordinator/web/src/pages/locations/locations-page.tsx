import { Anchor, Badge, Button, Group, Table, Text, Title } from '@mantine/core';
import { IconMapPin, IconPlus } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { durationText } from '../../parts/ago-text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { agentsQuery, isLeaving, loadText, locationsQuery, type Agent, type Location } from './fleet.ts';
import { Leaving } from './leaving.tsx';

/** Where checks run from, and who runs them. */
export function LocationsPage() {
  const may = useMay();
  const { data: locations } = useSuspenseQuery(locationsQuery);
  const { data: agents } = useSuspenseQuery(agentsQuery);
  const create = may('locations:write') && <Button component={Link} to="/locations/new" leftSection={<IconPlus size={16} />}>New private location</Button>;
  return (
    <>
      <PageHeader title="Locations" about="Where checks run from: public ones of this installation, and private ones in your own networks." actions={locations.length > 0 && create} />
      {locations.length === 0
        ? <EmptyState icon={IconMapPin} title="No locations yet" action={create}>A private location is one or more agents in a network of yours. They connect outwards only.</EmptyState>
        : <LocationTable locations={locations} />}
      {agents.length > 0 && (
        <>
          <Title order={2} size="h4" mt="xl" mb="sm">Agents</Title>
          <AgentTable agents={agents} locations={locations} />
        </>
      )}
    </>
  );
}

function LocationTable({ locations }: { readonly locations: readonly Location[] }) {
  return (
    <DataTable label="Locations" minWidth={640} columns={['Location', 'Kind', 'State', 'Agents', 'Load', 'Checks']}>
      {locations.map((location) => (
        <Table.Tr key={location.id}>
          <Table.Td>
            <Anchor component={Link} to={`/locations/${location.id}`} fw={600} size="sm" c="inherit" className="foreign">{location.name}</Anchor>
            {location.name !== location.code && <Text size="xs" c="dimmed">{location.code}</Text>}
          </Table.Td>
          <Table.Td><Badge variant="outline" color="gray" c="dimmed" size="sm" tt="none">{location.kind}</Badge></Table.Td>
          <Table.Td>{availability(location)}</Table.Td>
          <Table.Td className="tabular">{location.liveAgents}</Table.Td>
          <Table.Td><LoadOf load={location.load} /></Table.Td>
          <Table.Td className="tabular">{location.checks}</Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

export function availability({ available, liveAgents }: Location) {
  if (available) return <ToneMark tone="good">Available</ToneMark>;
  return liveAgents > 0 ? <ToneMark tone="waiting">Coming up</ToneMark> : <ToneMark tone="idle">No agent</ToneMark>;
}

/** From here on slots are skipped. */
const FULL_LOAD = 1;

export function LoadOf({ load }: { readonly load: number | null }) {
  if (load === null) return <Text size="sm" c="dimmed">–</Text>;
  return load > FULL_LOAD ? <ToneMark tone="warn">{loadText(load)}</ToneMark> : <Text size="sm" className="tabular">{loadText(load)}</Text>;
}

function AgentTable({ agents, locations }: { readonly agents: readonly Agent[]; readonly locations: readonly Location[] }) {
  const idOf = (code: string): string | undefined => locations.find((location) => location.code === code)?.id;
  return (
    <DataTable label="Agents" minWidth={760} columns={['Agent', 'Location', 'State', 'Version', 'Load', 'Lateness p99', 'Spool', 'Last seen']}>
      {agents.map((agent) => (
        <Table.Tr key={agent.id}>
          <Table.Td><Anchor component={Link} to={`/locations/${idOf(agent.location) ?? ''}`} fw={600} size="sm" c="inherit" className="foreign">{agent.name}</Anchor></Table.Td>
          <Table.Td className="foreign">{agent.location}</Table.Td>
          <Table.Td><Group gap="xs">{stateOf(agent)}</Group></Table.Td>
          <Table.Td>{agent.version}</Table.Td>
          <Table.Td className="tabular">{loadText(agent.load)}</Table.Td>
          <Table.Td className="tabular">{durationText(agent.latenessP99Us)}</Table.Td>
          <Table.Td className="tabular">{agent.spoolDepth}</Table.Td>
          <Table.Td><TimeAgo at={agent.lastSeenAt} /></Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

function stateOf(agent: Agent) {
  if (agent.state === 'pending') return <ToneMark tone="waiting">Waits for approval</ToneMark>;
  if (!agent.connected) return <ToneMark tone="idle">Away</ToneMark>;
  if (agent.conflict) return <ToneMark tone="bad">Conflict</ToneMark>;
  if (isLeaving(agent)) return <Leaving agent={agent} />;
  if (agent.impaired) return <ToneMark tone="warn">Cut off</ToneMark>;
  if (agent.overloaded || agent.rejected.length > 0) return <ToneMark tone="warn">{agent.overloaded ? 'Overloaded' : `${agent.rejected.length} rejected`}</ToneMark>;
  return <ToneMark tone="good">Connected</ToneMark>;
}
