import { NavLink, Text } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { useMay } from '../api/session.ts';
import { NAV } from './nav-items.ts';

export function Navigation() {
  const { pathname } = useLocation();
  const may = useMay();
  const isHere = (to: string): boolean => (to === '/' ? pathname === '/' || pathname.startsWith('/checks') : pathname === to || pathname.startsWith(`${to}/`));
  return (
    <nav aria-label="Pages">
      {NAV.map(({ title, items }) => {
        const shown = items.filter(({ scope }) => scope === undefined || may(scope));
        if (shown.length === 0) return null;
        return (
          <div key={title ?? ''}>
            {title !== null && <Text size="xs" fw={600} c="dimmed" px={10} pt="md" pb={4}>{title}</Text>}
            {shown.map(({ label, to, icon: Icon }) => (
              <NavLink
                key={to} component={Link} to={to} label={label} leftSection={<Icon size={18} stroke={1.7} />}
                active={isHere(to)} aria-current={isHere(to) ? 'page' : undefined}
                styles={{ root: { borderRadius: 8, paddingBlock: 7 } }}
              />
            ))}
          </div>
        );
      })}
    </nav>
  );
}
