import { Button, Code, Group, Menu, SimpleGrid, Stack, Table, Text, Title, VisuallyHidden, ActionIcon, Card } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDotsVertical, IconKey, IconPencil, IconServer2, IconTrash } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { useMay } from '../../api/session.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { NotFound } from '../../shell/page-states.tsx';
import { AgentCard, Fact } from './agent-card.tsx';
import { agentsQuery, keysPath, keysQuery, locationsQuery, type Location } from './fleet.ts';
import { InstallAgent } from './install-agent.tsx';
import { KeyModal } from './key-modal.tsx';
import { availability, LoadOf } from './locations-page.tsx';
import { RenameModal } from './rename-modal.tsx';

const route = getRouteApi('/signed-in/locations/$locationId');

export function LocationPage() {
  const { locationId } = route.useParams();
  const { data: locations } = useSuspenseQuery(locationsQuery);
  const location = locations.find(({ id }) => id === locationId);
  return location === undefined ? <NotFound /> : <Known location={location} />;
}

function Known({ location }: { readonly location: Location }) {
  const may = useMay();
  const mayManage = location.kind === 'private' ? may('locations:write') : may('operator');
  const { data: all } = useSuspenseQuery(agentsQuery);
  const agents = all.filter((agent) => agent.location === location.code);
  return (
    <>
      <PageHeader title={location.name} about={<Group gap="xs"><Code>{location.code}</Code><Text size="sm" span>{location.kind === 'private' ? 'private: yours alone' : 'public: of this installation'}</Text></Group>} actions={mayManage && location.kind === 'private' && <LocationMenu location={location} />} />
      <Card mb="md">
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          <Fact label="State">{availability(location)}</Fact>
          <Fact label="Agents">{location.liveAgents} connected</Fact>
          <Fact label="Load"><LoadOf load={location.load} /></Fact>
          <Fact label="Checks">{location.checks} active</Fact>
        </SimpleGrid>
      </Card>
      {mayManage && <Keys location={location} />}
      <Title order={2} size="h4" mt="xl" mb="sm">Agents</Title>
      {agents.length === 0
        ? <EmptyState icon={IconServer2} title="No agent yet">Run one with a key of this location. It connects outwards only, and appears here by itself.</EmptyState>
        : <Stack gap="sm">{agents.map((agent) => <AgentCard key={agent.id} agent={agent} mayManage={mayManage} />)}</Stack>}
    </>
  );
}

/** The API takes no third. */
const KEYS_MAX = 2;

function Keys({ location }: { readonly location: Location }) {
  const { data: keys } = useSuspenseQuery(keysQuery(location));
  const [isAdding, { open, close }] = useDisclosure(false);
  const [rawKey, setRawKey] = useState<string | null>(null);
  const revoke = useAct<string>({ run: (id) => api.delete(`${keysPath(location)}/${id}`), stale: ['fleet'], done: () => 'The key is revoked' });
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">Keys</Title>
        <Button size="xs" variant="default" leftSection={<IconKey size={14} />} onClick={open} disabled={keys.length >= KEYS_MAX}>Add a key</Button>
      </Group>
      {rawKey !== null && <Stack mb="md"><InstallAgent code={location.code} rawKey={rawKey} /></Stack>}
      <DataTable label="Keys" minWidth={560} columns={['Key', 'Made', 'Lets in', 'Ends', <VisuallyHidden key="actions">Actions</VisuallyHidden>]}>
        {keys.map((key) => (
          <Table.Tr key={key.id}>
            <Table.Td><Code>{key.maskedKey}</Code></Table.Td>
            <Table.Td><TimeAgo at={key.created_at} /></Table.Td>
            <Table.Td>{[key.oneTime ? 'one agent, once' : key.maxAgents === null ? 'any number' : `${key.maxAgents} agents`, ...(key.requireApproval ? ['after approval'] : [])].join(', ')}</Table.Td>
            <Table.Td>{key.expiresAt === null ? <Text size="sm" c="dimmed">when revoked</Text> : <TimeAgo at={key.expiresAt} />}</Table.Td>
            <Table.Td ta="right">
              <ActionIcon
                variant="subtle" color="gray" aria-label={`Revoke the key ${key.maskedKey}`}
                onClick={() => askFirst({ title: 'Revoke this key?', children: 'Nobody joins with it any more, and agents that did are cut off within seconds, until they are given another key of this location.', verb: 'Revoke', onConfirm: () => revoke.mutate(key.id) })}
              ><IconTrash size={16} /></ActionIcon>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      <Text size="xs" c="dimmed" mt={6}>To rotate: add a second key, restart the agents with it one after the other, revoke the first. No slot is missed.</Text>
      <KeyModal location={location} opened={isAdding} onClose={close} onMade={(raw) => { close(); setRawKey(raw); }} />
    </>
  );
}

function LocationMenu({ location }: { readonly location: Location }) {
  const navigate = useNavigate();
  const [isRenaming, { open, close }] = useDisclosure(false);
  const remove = useAct<void>({
    run: async () => {
      await api.delete(`/v1/private-locations/${location.id}`);
      await navigate({ to: '/locations' });
    }, stale: ['fleet'], done: () => `${location.name} is deleted`,
  });
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={180}>
        <Menu.Target><ActionIcon variant="default" size="lg" aria-label={`Actions for ${location.name}`}><IconDotsVertical size={18} /></ActionIcon></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={open}>Rename</Menu.Item>
          <Menu.Item
            c="var(--mantine-color-error)" leftSection={<IconTrash size={16} />}
            onClick={() => askFirst({ title: `Delete ${location.name}?`, children: 'Its keys end and its agents are cut off. What was seen from there stays. Refused while checks run from it.', verb: 'Delete', onConfirm: () => remove.mutate() })}
          >Delete</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RenameModal location={location} opened={isRenaming} onClose={close} />
    </>
  );
}
