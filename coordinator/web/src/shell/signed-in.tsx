import { ActionIcon, AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useMay } from '../api/session.ts';
import { LiveProvider } from '../live/live.tsx';
import { AccountMenu } from './account-menu.tsx';
import { CreateMenu } from './create-menu.tsx';
import { Logo } from './logo.tsx';
import { Navigation } from './navigation.tsx';
import { PagePending } from './page-states.tsx';

/** Sidebar, header on a phone, and the page. */
export function SignedIn() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const may = useMay();
  useEffect(close, [pathname, close]);
  return (
    <LiveProvider>
      <a href="#page" className="skip-link">Skip to the page</a>
      <AppShell
        navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        header={{ height: { base: 52, sm: 0 } }}
        padding={{ base: 'sm', sm: 'lg' }}
      >
        <AppShell.Header hiddenFrom="sm">
          <Group h="100%" px="sm" justify="space-between">
            <Burger opened={isOpen} onClick={toggle} size="sm" aria-label={isOpen ? 'Close the menu' : 'Open the menu'} />
            <Logo />
            {may('checks:write') ? <ActionIcon component={Link} to="/checks/new/tcp" variant="light" size="lg" aria-label="New TCP check"><IconPlus size={18} /></ActionIcon> : <span />}
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm">
          <AppShell.Section visibleFrom="sm" pb="sm">
            <Group justify="space-between" px={6} pt={4}>
              <Logo />
              <CreateMenu />
            </Group>
          </AppShell.Section>
          <AppShell.Section grow style={{ overflowY: 'auto' }}><Navigation /></AppShell.Section>
          <AppShell.Section><AccountMenu /></AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="page" tabIndex={-1} style={{ outline: 'none' }}>
          <Suspense fallback={<PagePending />}><Outlet /></Suspense>
          <Text size="xs" c="dimmed" mt="xl">Times are in {Intl.DateTimeFormat().resolvedOptions().timeZone}.</Text>
        </AppShell.Main>
      </AppShell>
    </LiveProvider>
  );
}
