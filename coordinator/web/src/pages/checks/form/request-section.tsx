import { Alert, Anchor, Button, Collapse, Group, Input, SegmentedControl, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconInfoCircle } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { NumberField } from '../../../parts/number-field.tsx';
import { DataFields } from './data-fields.tsx';
import { TLS_DEFAULTS } from './draft.ts';
import { useCheckForm } from './form-context.ts';
import { tlsFromStart } from './port-hints.ts';
import { Section } from './section.tsx';
import { TlsFields } from './tls-fields.tsx';

const PresetPicker = lazy(async () => ({ default: (await import('./preset-picker.tsx')).PresetPicker }));
const StepsFields = lazy(async () => ({ default: (await import('./steps-fields.tsx')).StepsFields }));

/** Where to connect, and what to say there. */
export function RequestSection() {
  const form = useCheckForm();
  const { request, shouldFail } = form.values;
  const suggested = tlsFromStart(request.port);
  return (
    <Section id="request" title="Request" right={<Suspense fallback={null}><PresetPicker /></Suspense>}>
      <div className="check-target">
        <TextInput
          label="Host" required description="A name or an address." placeholder="db.example.com" className="foreign"
          autoCapitalize="off" autoCorrect="off" spellCheck={false} {...form.getInputProps('request.hostname')}
        />
        <NumberField label="Port" required description="1 to 65535" placeholder="5432" min={1} max={65_535} {...form.getInputProps('request.port')} />
        <div>
          <Input.Label component="div" id="family">IP family</Input.Label>
          <Input.Description mb={5}>Never swapped silently.</Input.Description>
          <SegmentedControl aria-labelledby="family" data={['IPv4', 'IPv6']} fullWidth {...form.getInputProps('request.ipFamily')} />
        </div>
      </div>
      {suggested !== null && request.tls?.mode !== 'implicit' && (
        <Alert variant="outline" color="indigo" icon={<IconInfoCircle />} p="xs">
          Port {request.port} usually speaks TLS from the first byte ({suggested}).{' '}
          <Anchor component="button" type="button" size="sm" underline="always" onClick={() => form.setFieldValue('request.tls', { ...(request.tls ?? TLS_DEFAULTS), mode: 'implicit' })}>Use TLS</Anchor>
        </Alert>
      )}
      <Switch
        label="This request should fail" description={shouldFail ? 'A connection that is refused or times out passes; one that is established fails, whatever comes after. For ports that must be closed.' : 'Turn it on for ports that must be closed, behind a firewall for example.'}
        {...form.getInputProps('shouldFail', { type: 'checkbox' })}
      />
      {!shouldFail && (
        <div>
          <Text size="sm" fw={500} id="talk">After connecting</Text>
          <Text size="xs" c="dimmed" mb={6}>What the check says to the service. An answer can be judged below in any case.</Text>
          <SegmentedControl
            aria-labelledby="talk" data={[{ value: 'nothing', label: 'Send nothing' }, { value: 'data', label: 'Send data' }, { value: 'steps', label: 'Dialogue' }]}
            {...form.getInputProps('request.talk')}
          />
        </div>
      )}
      {!shouldFail && request.talk === 'data' && <DataFields />}
      {!shouldFail && request.talk === 'steps' && <Suspense fallback={null}><StepsFields /></Suspense>}
      <TlsFields />
      <MoreOfRequest />
    </Section>
  );
}

function MoreOfRequest() {
  const form = useCheckForm();
  const isInUse = form.values.request.dns.server !== '' || form.values.request.sourceAddress !== '' || form.values.request.read.idleMs !== 250 || form.values.request.read.maxBytes !== 65_536;
  const [isOpen, { toggle }] = useDisclosure(isInUse);
  return (
    <div>
      <Button
        variant="subtle" size="compact-sm" px={4} onClick={toggle} aria-expanded={isOpen} aria-controls="request-more"
        rightSection={<IconChevronDown size={14} style={{ transform: isOpen ? 'rotate(180deg)' : 'none' }} />}
      >
        Name server, source address, reading
      </Button>
      <Collapse expanded={isOpen} id="request-more">
        <Stack gap="md" pt="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label="Name server" description="Left out: the agent's own." placeholder="192.0.2.53 or 192.0.2.53:5353" {...form.getInputProps('request.dns.server')} />
            <TextInput label="Source address" description="An address of the agent to connect from." placeholder="192.0.2.10" {...form.getInputProps('request.sourceAddress')} />
          </SimpleGrid>
          <Group grow align="flex-start">
            <NumberField label="Bytes to read" description="At most 65536 are kept." min={1} max={65_536} {...form.getInputProps('request.read.maxBytes')} />
            <NumberField label="Silence that ends an answer" unit="ms" description="Outside the measured time." min={1} max={45_000} {...form.getInputProps('request.read.idleMs')} />
          </Group>
        </Stack>
      </Collapse>
    </div>
  );
}
