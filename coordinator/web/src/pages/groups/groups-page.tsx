import { Anchor, Badge, Button, Group as Row, Table, Text } from '@mantine/core';
import { IconFolders, IconPlus } from '@tabler/icons-react';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import { everySeconds, everyText, groupsQuery, type Group } from './groups.ts';

export function GroupsPage() {
  const may = useMay();
  const { data: groups } = useSuspenseQuery(groupsQuery);
  const create = may('groups:write') && <Button component={Link} to="/groups/new" leftSection={<IconPlus size={16} />}>New group</Button>;
  return (
    <>
      <PageHeader title="Groups" about="What checks share: where and how often they run, tags, channels, variables." actions={groups.length > 0 && create} />
      {groups.length === 0
        ? <EmptyState icon={IconFolders} title="No groups yet" action={create}>Checks of one service or customer follow their group: change it once, and all of them change together.</EmptyState>
        : (
          <DataTable label="Groups" columns={['Group', 'Runs from', 'How often', 'Tags', 'State']}>
            {groups.map((group) => (
              <Table.Tr key={group.id}>
                <Table.Td><Anchor component={Link} to={`/groups/${group.id}`} fw={600} size="sm" c="inherit" className="foreign">{group.name}</Anchor>{group.description !== null && <Text size="xs" c="dimmed" className="foreign">{group.description}</Text>}</Table.Td>
                <Table.Td maw={220}><Text size="sm" className="foreign">{[...group.locations, ...group.privateLocations].join(', ') || 'each its own'}</Text></Table.Td>
                <Table.Td>{howOften(group)}</Table.Td>
                <Table.Td><Row gap={4}>{group.tags.map((tag) => <Badge key={tag} size="xs" variant="outline" color="gray" c="dimmed" tt="none">{tag}</Badge>)}</Row></Table.Td>
                <Table.Td>{[...(group.activated ? ['active'] : ['inactive']), ...(group.muted ? ['muted'] : [])].join(', ')}</Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
    </>
  );
}

function howOften(group: Group): string {
  const seconds = everySeconds(group);
  return seconds === null ? 'each its own' : everyText(seconds);
}
