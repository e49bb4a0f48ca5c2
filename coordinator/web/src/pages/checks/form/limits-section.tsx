import { SimpleGrid } from '@mantine/core';
import { NumberField } from '../../../parts/number-field.tsx';
import { useCheckForm } from './form-context.ts';
import { Section } from './section.tsx';

const MS_MAX = 45_000;

export function LimitsSection() {
  const form = useCheckForm();
  return (
    <Section id="limits" title="Response time" about="From the name's resolution to the last byte that counted.">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberField label="Degraded above" unit="ms" min={1} max={MS_MAX} step={100} description="Slower than this is degraded." {...form.getInputProps('degradedResponseTime')} />
        <NumberField label="Failed above" unit="ms" min={1} max={MS_MAX} step={100} description="The deadline of a whole attempt; at most 45 s." {...form.getInputProps('maxResponseTime')} />
      </SimpleGrid>
    </Section>
  );
}
