import { Anchor, Checkbox, Group, Radio, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { LocationWire } from '../wire.ts';
import { useCheckForm } from './form-context.ts';
import { Section } from './section.tsx';

/** From where it runs, and whether everywhere at once. */
export function LocationsSection({ locations }: { readonly locations: readonly LocationWire[] }) {
  const form = useCheckForm();
  const { runParallel } = form.values;
  return (
    <Section id="locations" title="Strategy and locations">
      <Radio.Group label="Strategy" value={runParallel ? 'parallel' : 'round-robin'} onChange={(value) => form.setFieldValue('runParallel', value === 'parallel')}>
        <Stack gap="xs" mt={8}>
          <Radio value="parallel" label="Parallel" description="Every run in all chosen locations at once: tells a partial outage from a whole one." />
          <Radio value="round-robin" label="Round-robin" description="Each run in the next location: less traffic, and it takes longer until all have looked." />
        </Stack>
      </Radio.Group>
      <LocationChoice title="Public locations" field="locations" locations={locations.filter(({ kind }) => kind === 'public')} />
      <LocationChoice title="Private locations" field="privateLocations" locations={locations.filter(({ kind }) => kind === 'private')} />
    </Section>
  );
}

function LocationChoice({ title, field, locations }: { readonly title: string; readonly field: 'locations' | 'privateLocations'; readonly locations: readonly LocationWire[] }) {
  const form = useCheckForm();
  if (locations.length === 0) {
    return field === 'locations' ? null : <Text size="sm" c="dimmed">No private location yet. <Anchor component={Link} to="/locations" size="sm" underline="always">Add one</Anchor> to check what only your own network can reach.</Text>;
  }
  return (
    <Checkbox.Group label={title} {...form.getInputProps(field)}>
      <div className="check-choices">
        {locations.map((location) => (
          <Checkbox
            key={location.id} value={location.code} label={<span className="foreign">{location.name}</span>}
            description={<Group component="span" gap={6}>{location.code} · {standing(location)}</Group>}
          />
        ))}
      </div>
    </Checkbox.Group>
  );
}

function standing({ liveAgents, load }: LocationWire): string {
  if (liveAgents === 0) return 'no agent connected: runs become gaps';
  return `${liveAgents} agent${liveAgents === 1 ? '' : 's'}${load === null ? '' : `, load ${Math.round(load * 100)} %`}`;
}
