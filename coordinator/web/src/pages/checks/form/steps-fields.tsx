import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { DataFormat } from '#shared/check/check.ts';
import type { StepDraft } from './draft.ts';
import { useCheckForm } from './form-context.ts';
import { RowActions } from './row-actions.tsx';

const NEW: StepDraft = { kind: 'expect', expect: '', send: '', dataFormat: 'escaped' };
const NAMES: Readonly<Record<StepDraft['kind'], string>> = { expect: 'Expect', send: 'Send', startTls: 'Start TLS' };

/** A dialogue: expect, send, start TLS, in order. */
export function StepsFields() {
  const form = useCheckForm();
  const { steps } = form.values.request;
  const add = (kind: StepDraft['kind']): void => form.insertListItem('request.steps', { ...NEW, kind });
  return (
    <div role="group" aria-label="Steps of the dialogue">
      <Stack gap={8} component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
        {steps.map((step, index) => <StepRow key={index} index={index} step={step} count={steps.length} />)}
      </Stack>
      {form.errors['request.steps'] !== undefined && <Text size="sm" c="var(--mantine-color-error)" mt={4}>{form.errors['request.steps']}</Text>}
      <Group gap="xs" mt="sm">
        {(['expect', 'send', 'startTls'] as const).map((kind) => (
          <Button key={kind} size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => add(kind)}>{NAMES[kind]}</Button>
        ))}
      </Group>
      <Text size="xs" c="dimmed" mt={8}>
        Expect takes a regular expression over the bytes received so far; its named groups, as in (?P&lt;version&gt;…), are kept as captures, and $&#123;version&#125; puts one into a later Send.
      </Text>
    </div>
  );
}

function StepRow({ index, step, count }: { readonly index: number; readonly step: StepDraft; readonly count: number }) {
  const form = useCheckForm();
  const at = `request.steps.${index}`;
  const mono = { input: { fontFamily: 'var(--mantine-font-family-monospace)' } };
  return (
    <li className="check-row">
      <Text size="sm" c="dimmed" w={78} className="tabular" style={{ flexShrink: 0, paddingTop: 7 }}>{index + 1}. {NAMES[step.kind]}</Text>
      <div style={{ flex: '1 1 200px', minWidth: 0 }}>
        {step.kind === 'expect' && <TextInput aria-label={`Step ${index + 1}: expect`} placeholder="^220 .*\r\n" styles={mono} spellCheck={false} {...form.getInputProps(`${at}.expect`)} />}
        {step.kind === 'send' && <Textarea aria-label={`Step ${index + 1}: send`} placeholder="QUIT\r\n" autosize minRows={1} maxRows={8} styles={mono} spellCheck={false} {...form.getInputProps(`${at}.send`)} />}
        {step.kind === 'startTls' && <Text size="sm" pt={7}>{form.errors[at] ?? 'The TLS handshake begins here, with the settings below.'}</Text>}
      </div>
      {step.kind === 'send' && (
        <Select
          aria-label={`Step ${index + 1}: how it is written`} w={110} allowDeselect={false} data={['escaped', 'text', 'hex', 'base64']}
          {...form.getInputProps(`${at}.dataFormat`)} onChange={(value) => form.setFieldValue(`${at}.dataFormat`, value as DataFormat)}
        />
      )}
      <RowActions what={`step ${index + 1}`} list="request.steps" index={index} count={count} />
    </li>
  );
}
