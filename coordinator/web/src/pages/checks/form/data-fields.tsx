import { Alert, Anchor, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useState } from 'react';
import type { DataFormat } from '#shared/check/check.ts';
import { useCheckForm } from './form-context.ts';
import { greetsFirst } from './port-hints.ts';

const FORMATS: readonly { readonly value: DataFormat; readonly label: string }[] = [
  { value: 'escaped', label: 'Escaped' }, { value: 'text', label: 'Text' }, { value: 'hex', label: 'Hex' }, { value: 'base64', label: 'Base64' },
];
const ABOUT: Readonly<Record<DataFormat, string>> = {
  escaped: '\\r \\n \\t \\0 \\\\ \\xNN \\uNNNN mean what they say; nothing is added. {{VARIABLE}} is filled in.',
  text: 'Exactly what is written; a line break is sent as chosen beside. {{VARIABLE}} is filled in.',
  hex: 'Pairs of digits; spaces and colons may stand between them.',
  base64: 'Standard alphabet, with padding.',
};
const EXAMPLES: Readonly<Record<DataFormat, string>> = { escaped: 'USER anonymous\\r\\n', text: 'PING', hex: '0d 0a', base64: 'UElORw0K' };

/** The bytes to send, in one of four spellings, and when. */
export function DataFields() {
  const form = useCheckForm();
  const { data, dataFormat, sendAfter } = form.values.request;
  const [isCrlf, setCrlf] = useState(() => data.includes('\r\n') || data === '');
  const greeting = greetsFirst(form.values.request.port);
  const setText = (text: string, crlf: boolean): void => form.setFieldValue('request.data', dataFormat === 'text' ? text.replaceAll(/\r?\n/g, crlf ? '\r\n' : '\n') : text);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <SegmentedControl size="xs" aria-label="How the data is written" data={[...FORMATS]} {...form.getInputProps('request.dataFormat')} />
        {dataFormat === 'text' && (
          <SegmentedControl
            size="xs" aria-label="Line breaks are sent as" value={isCrlf ? 'CRLF' : 'LF'} data={['CRLF', 'LF']}
            onChange={(value) => { setCrlf(value === 'CRLF'); setText(data, value === 'CRLF'); }}
          />
        )}
      </Group>
      <Textarea
        label="Data to send" description={ABOUT[dataFormat]} placeholder={EXAMPLES[dataFormat]} autosize minRows={2} maxRows={12} spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        {...form.getInputProps('request.data')} value={data.replaceAll('\r\n', '\n')} onChange={(event) => setText(event.currentTarget.value, isCrlf)}
      />
      <div>
        <Text size="sm" fw={500} id="send-after" mb={4}>Send it</Text>
        <SegmentedControl
          aria-labelledby="send-after" data={[{ value: 'connect', label: 'At once' }, { value: 'banner', label: "After the server's greeting" }]} {...form.getInputProps('request.sendAfter')}
        />
      </div>
      {greeting !== null && sendAfter === 'connect' && (
        <Alert variant="outline" color="indigo" icon={<IconInfoCircle />} p="xs">
          On port {form.values.request.port} the server usually greets first ({greeting}): data that comes before is often refused.{' '}
          <Anchor component="button" type="button" size="sm" underline="always" onClick={() => form.setFieldValue('request.sendAfter', 'banner')}>Send after the greeting</Anchor>
        </Alert>
      )}
    </Stack>
  );
}
