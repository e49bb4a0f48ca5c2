import { Alert, Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconEyeOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** A secret that the API shows this once: copied, then gone. */
export function ShownOnce({ title, secret, children }: { readonly title: string; readonly secret: string; readonly children?: ReactNode }) {
  return (
    <Alert variant="outline" color="indigo" title={title} icon={<IconEyeOff />}>
      <Stack gap="xs">
        <Text size="sm">It is shown this once. {children}</Text>
        <Group gap="xs" wrap="nowrap" align="stretch">
          <Code block className="foreign" style={{ flex: 1, minWidth: 0, whiteSpace: 'pre-wrap' }} tabIndex={0} aria-label={title}>{secret}</Code>
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />} style={{ height: 'auto' }}>{copied ? 'Copied' : 'Copy'}</Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  );
}
