import { Button, CopyButton, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { stringify } from 'yaml';

/** The definition as it would be sent, to keep beside other configuration. */
export function AsCode({ body }: { readonly body: Readonly<Record<string, unknown>> }) {
  const [format, setFormat] = useState<'yaml' | 'json'>('yaml');
  const clean = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const text = format === 'yaml' ? stringify(clean, { lineWidth: 0 }) : `${JSON.stringify(clean, null, 2)}\n`;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <SegmentedControl size="xs" aria-label="Format" value={format} onChange={(value) => setFormat(value as typeof format)} data={[{ value: 'yaml', label: 'YAML' }, { value: 'json', label: 'JSON' }]} />
        <CopyButton value={text}>{({ copied, copy }) => <Button size="xs" variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}</CopyButton>
      </Group>
      <div className="bytes foreign" tabIndex={0} role="group" aria-label="The definition"><pre>{text}</pre></div>
      <Text size="xs" c="dimmed">JSON is the body of POST /v1/checks/tcp; PUT /v1/checks/&#123;id&#125; takes the same.</Text>
    </Stack>
  );
}
