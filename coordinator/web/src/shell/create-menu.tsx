import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconPlugConnected, IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../api/session.ts';

/** The `+` of the sidebar: what can be created. */
export function CreateMenu() {
  const may = useMay();
  if (!may('checks:write')) return null;
  return (
    <Menu position="bottom-start" width={250} shadow="md">
      <Menu.Target>
        <ActionIcon variant="filled" size="md" radius="xl" aria-label="Create"><IconPlus size={16} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/checks/new/tcp" leftSection={<IconPlugConnected size={18} />}>
          TCP check
          <Text size="xs" c="dimmed">Connect to a port, talk to it, judge the answer</Text>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
