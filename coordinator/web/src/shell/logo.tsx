import { Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

export function Logo() {
  return (
    <Link to="/" style={{ textDecoration: 'none', color: 'inherit' }} aria-label="Sonde, home">
      <Group gap={8} wrap="nowrap">
        <img src="/sonde.svg" width={24} height={24} alt="" />
        <Text fw={700} size="lg" style={{ letterSpacing: '-0.02em' }}>Sonde</Text>
      </Group>
    </Link>
  );
}
