import { NumberInput, SimpleGrid } from '@mantine/core';
import { useCheckForm } from './form-context.ts';
import { Section } from './section.tsx';

const MS_MAX = 45_000;

export function LimitsSection() {
  const form = useCheckForm();
  return (
    <Section id="limits" title="Response time" about="From the name's resolution to the last byte that counted.">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput label="Degraded above" suffix=" ms" thousandSeparator=" " min={1} max={MS_MAX} step={100} allowDecimal={false} description="Slower than this is degraded." {...form.getInputProps('degradedResponseTime')} />
        <NumberInput label="Failed above" suffix=" ms" thousandSeparator=" " min={1} max={MS_MAX} step={100} allowDecimal={false} description="The deadline of a whole attempt; at most 45 s." {...form.getInputProps('maxResponseTime')} />
      </SimpleGrid>
    </Section>
  );
}
