import { Group, Select, SimpleGrid, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useCheckForm } from './form-context.ts';
import { Section } from './section.tsx';
import type { GroupWire } from '../wire.ts';

/** Name, tags and where the check belongs. */
export function BasicsSection({ groups }: { readonly groups: readonly GroupWire[] }) {
  const form = useCheckForm();
  return (
    <Section id="basics" title="Name and tags">
      <TextInput label="Name" required maxLength={255} description="What the alert will say." placeholder="Payment database" {...form.getInputProps('name')} />
      <SimpleGrid cols={{ base: 1, sm: groups.length > 0 ? 2 : 1 }}>
        <TagsInput
          label="Tags" description="To find and filter. key:value tags become Prometheus labels." placeholder={form.values.tags.length === 0 ? 'team:payments' : ''}
          {...form.getInputProps('tags')} splitChars={[',', ';']}
        />
        {groups.length > 0 && (
          <Select
            label="Group" description="A group may bring locations, frequency and alerting." placeholder="None" clearable clearButtonProps={{ 'aria-label': 'No group' }}
            data={groups.map(({ id, name }) => ({ value: String(id), label: name }))}
            {...form.getInputProps('groupId')}
            value={form.values.groupId === null ? null : String(form.values.groupId)}
            onChange={(value) => form.setFieldValue('groupId', value === null ? null : Number(value))}
          />
        )}
      </SimpleGrid>
      <Textarea label="Description" autosize minRows={1} maxRows={6} maxLength={500} description="Markdown; for whoever is woken up by it." {...form.getInputProps('description')} />
      <Group gap="xl">
        <Switch label="Active" description="Does it run?" {...form.getInputProps('activated', { type: 'checkbox' })} />
        <Switch label="Muted" description="Runs without notifying anybody." {...form.getInputProps('muted', { type: 'checkbox' })} />
      </Group>
    </Section>
  );
}
