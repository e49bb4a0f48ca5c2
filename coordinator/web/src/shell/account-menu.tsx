import { Avatar, Group, Menu, Text, UnstyledButton, VisuallyHidden, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconBook, IconBuilding, IconCheck, IconDeviceDesktop, IconDeviceLaptop, IconLogout, IconMoon, IconSun } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api } from '../api/api.ts';
import { useSession } from '../api/session.ts';
import { useIsLive } from '../live/live.tsx';

type Account = { readonly id: string; readonly name: string; readonly isCurrent: boolean };

const SCHEMES = [
  { value: 'light', label: 'Light', icon: IconSun },
  { value: 'dark', label: 'Dark', icon: IconMoon },
  { value: 'auto', label: 'As the system', icon: IconDeviceDesktop },
] as const satisfies readonly { value: MantineColorScheme; label: string; icon: unknown }[];

/** At the foot of the sidebar: who is signed in, theme, sign out. */
export function AccountMenu() {
  const { user, account } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  return (
    <Menu position="top-start" width={220} shadow="md">
      <Menu.Target>
        <UnstyledButton w="100%" p={6} style={{ borderRadius: 8 }}>
          <Group gap="sm" wrap="nowrap">
            <Avatar name={user.name} color="indigo" radius="xl" size="sm" variant="filled" aria-hidden styles={{ placeholder: { color: '#fff' } }} />
            <div style={{ minWidth: 0, flex: 1 }}>
              <Text size="sm" fw={600} truncate>{user.name}</Text>
              <Text size="xs" c="dimmed" truncate>{account.name}</Text>
            </div>
            <LiveMark />
            <VisuallyHidden>Account menu</VisuallyHidden>
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email} · {user.role}</Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconDeviceLaptop size={16} />}>Password and sessions</Menu.Item>
        <Menu.Item component="a" href="/docs" target="_blank" rel="noreferrer" leftSection={<IconBook size={16} />}>API documentation</Menu.Item>
        <Accounts />
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {SCHEMES.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value} leftSection={<Icon size={16} />} onClick={() => setColorScheme(value)}
            aria-current={colorScheme === value} rightSection={colorScheme === value ? <IconCheck size={14} aria-label="chosen" /> : null}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** For those who are in several. */
function Accounts() {
  const { data = [] } = useQuery({ queryKey: ['session', 'accounts'], queryFn: ({ signal }) => api.get<readonly Account[]>('/v1/session/accounts', {}, { signal }) });
  const change = useMutation({
    mutationFn: (accountId: string) => api.put('/v1/session/account', { accountId }),
    // A new page: nothing of the one account is shown in the other.
    onSuccess: () => location.assign('/'),
  });
  if (data.length < 2) return null;
  return (
    <>
      <Menu.Divider />
      <Menu.Label>Account</Menu.Label>
      {data.map(({ id, name, isCurrent }) => (
        <Menu.Item
          key={id} className="foreign" leftSection={<IconBuilding size={16} />} disabled={change.isPending} onClick={() => { if (!isCurrent) change.mutate(id); }}
          aria-current={isCurrent} rightSection={isCurrent ? <IconCheck size={14} aria-label="chosen" /> : null}
        >
          {name}
        </Menu.Item>
      ))}
    </>
  );
}

function LiveMark() {
  const isLive = useIsLive();
  return (
    <span
      role="img" aria-label={isLive ? 'live' : 'not live: reconnecting'} title={isLive ? 'Live' : 'Reconnecting…'}
      style={{ width: 8, height: 8, borderRadius: isLive ? 4 : 1, background: isLive ? 'var(--sonde-passing)' : 'var(--sonde-degraded)' }}
    />
  );
}

function useSignOut() {
  return useMutation({
    mutationFn: () => api.delete('/v1/session'),
    // A new page: nothing of this account stays in the memory of the old one.
    onSettled: () => location.assign('/sign-in'),
  });
}
