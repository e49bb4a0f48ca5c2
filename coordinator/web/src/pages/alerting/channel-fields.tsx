import { ActionIcon, Button, Checkbox, Fieldset, Group, PasswordInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { REDACTED, type Config, type FormField } from './channels.ts';

export type ChannelValues = {
  kind: string; config: Record<string, unknown>; sendFailure: boolean; sendDegraded: boolean; sendRecovery: boolean; autoSubscribe: boolean;
  checks: string[]; groups: string[];
};
type Form = UseFormReturnType<ChannelValues>;
type Pair = { key: string; value: string; locked: boolean };

/** One field as the API describes it. `saved`: the channel that is being changed. */
export function ChannelField({ field, form, saved }: { readonly field: FormField; readonly form: Form; readonly saved: Config | null }) {
  const props = {
    label: field.label, required: field.required, ...(field.help === undefined ? {} : { description: field.help }), ...(field.placeholder === undefined ? {} : { placeholder: field.placeholder }),
    ...form.getInputProps(`config.${field.name}`),
  };
  switch (field.input) {
    case 'secret': {
      const isKept = saved?.[field.name] === REDACTED;
      return <PasswordInput {...props} required={field.required && !isKept} autoComplete="off" {...(isKept ? { placeholder: 'stays as it is; type to replace it' } : {})} />;
    }
    case 'choice': return <Select {...props} data={[...field.choices ?? []]} allowDeselect={!field.required} />;
    case 'template': return <Textarea {...props} autosize minRows={3} maxRows={16} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }} />;
    case 'pairs': return <Pairs field={field} form={form} />;
    case 'text': case 'email': case 'phone': case 'url':
      return <TextInput {...props} type={field.input === 'phone' ? 'tel' : field.input} autoComplete="off" />;
  }
}

function Pairs({ field: { name, label, help }, form }: { readonly field: FormField; readonly form: Form }) {
  const path = `config.${name}`;
  const pairs = (form.values.config[name] ?? []) as readonly Pair[];
  return (
    <Fieldset legend={label}>
      <Stack gap="xs">
        {help !== undefined && <Text size="xs" c="dimmed">{help}</Text>}
        {pairs.map((pair, index) => (
          <Group key={index} gap="xs" align="flex-start">
            <TextInput aria-label={`Name ${index + 1} of ${label}`} placeholder="Name" style={{ flex: '1 1 120px' }} {...form.getInputProps(`${path}.${index}.key`)} />
            <TextInput aria-label={`Value ${index + 1} of ${label}`} placeholder="Value" style={{ flex: '2 1 160px' }} {...form.getInputProps(`${path}.${index}.value`)} />
            <Checkbox label="secret" mt={8} checked={pair.locked} onChange={(event) => form.setFieldValue(`${path}.${index}.locked`, event.currentTarget.checked)} />
            <ActionIcon variant="subtle" color="gray" mt={4} aria-label={`Remove ${pair.key === '' ? `row ${index + 1}` : pair.key}`} onClick={() => form.removeListItem(path, index)}><IconTrash size={16} /></ActionIcon>
          </Group>
        ))}
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => form.insertListItem(path, { key: '', value: '', locked: false })} style={{ alignSelf: 'flex-start' }} aria-label={`Add to ${label}`}>Add</Button>
      </Stack>
    </Fieldset>
  );
}
