import { Group, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { NumberField } from '../../../parts/number-field.tsx';
import { useCheckForm } from './form-context.ts';
import { EVERY_SECONDS, intervalText } from './interval-text.ts';
import { Section } from './section.tsx';

export function FrequencySection() {
  const form = useCheckForm();
  const { everySeconds, runParallel, locations, privateLocations } = form.values;
  const [isOther, setOther] = useState(() => !EVERY_SECONDS.some((seconds) => seconds === everySeconds));
  const places = locations.length + privateLocations.length;
  const perDay = Math.round((86_400 / Math.max(everySeconds, 1)) * (runParallel ? Math.max(places, 1) : 1));
  return (
    <Section id="frequency" title="Frequency" about="At its own instant within the interval, the same every time, so that checks do not all run at once.">
      <Group align="flex-start">
        <Select
          label="Runs every" allowDeselect={false} w={180} data={[...EVERY_SECONDS.map((seconds) => ({ value: String(seconds), label: intervalText(seconds) })), { value: 'other', label: 'Another interval' }]}
          value={isOther ? 'other' : String(everySeconds)} error={isOther ? undefined : form.errors['everySeconds']}
          onChange={(value) => { setOther(value === 'other'); if (value !== null && value !== 'other') form.setFieldValue('everySeconds', Number(value)); }}
        />
        {isOther && <NumberField label="Seconds" w={140} min={10} max={86_400} description="10 to 86400" {...form.getInputProps('everySeconds')} onChange={(value) => form.setFieldValue('everySeconds', Number(value))} />}
      </Group>
      <Text size="sm" c="dimmed">{perDay.toLocaleString()} runs a day{places > 1 ? (runParallel ? `, ${places} locations each time` : `, one of ${places} locations each time`) : ''}.</Text>
    </Section>
  );
}
