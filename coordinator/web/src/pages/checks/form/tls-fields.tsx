import { Collapse, Select, SegmentedControl, SimpleGrid, Stack, Switch, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { NumberField } from '../../../parts/number-field.tsx';
import { TLS_DEFAULTS } from './draft.ts';
import { useCheckForm } from './form-context.ts';

/** TLS from the start, or the settings of a later Start TLS step. */
export function TlsFields() {
  const form = useCheckForm();
  const { tls, talk, steps } = form.values.request;
  const startsByStep = talk === 'steps' && steps.some(({ kind }) => kind === 'startTls');
  const isOn = tls?.mode === 'implicit' || startsByStep;
  const setMode = (value: string): void => form.setFieldValue('request.tls', value === 'implicit' ? { ...(tls ?? TLS_DEFAULTS), mode: 'implicit' } : tls === null || !startsByStep ? null : { ...tls, mode: 'none' });
  const set = (field: keyof typeof TLS_DEFAULTS, value: unknown): void => form.setFieldValue('request.tls', { ...(tls ?? { ...TLS_DEFAULTS, mode: 'none' }), [field]: value });
  const error = (field: string) => form.errors[`request.tls.${field}`];
  const shown = tls ?? TLS_DEFAULTS;
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500} id="tls">TLS</Text>
        <Text size="xs" c="dimmed" mb={6}>{startsByStep ? 'The dialogue starts TLS by a step; these are its settings.' : 'From the first byte, or not at all. STARTTLS is a step of a dialogue.'}</Text>
        <SegmentedControl aria-labelledby="tls" value={tls?.mode ?? 'none'} onChange={setMode} data={[{ value: 'none', label: startsByStep ? 'By step' : 'Off' }, { value: 'implicit', label: 'From the start' }]} />
      </div>
      <Collapse expanded={isOn}>
        <Stack gap="md" pt={4}>
          <Switch label="Verify the certificate" description="Off: any certificate will do, and only its expiry can be judged." checked={shown.verify} onChange={(event) => set('verify', event.currentTarget.checked)} />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label="Server name" description="For SNI and the certificate; left out, the host." value={shown.serverName ?? ''} onChange={(event) => set('serverName', event.currentTarget.value || null)} error={error('serverName')} />
            <NumberField label="Degraded when fewer days are left" description="On the whole chain. Empty: never." min={1} max={3_650} unit="days" value={shown.degradedDaysLeft ?? ''} onChange={(value) => set('degradedDaysLeft', typeof value === 'number' ? value : null)} error={error('degradedDaysLeft')} />
            <Select label="Oldest version" description="Left out: TLS 1.2." clearable clearButtonProps={{ 'aria-label': 'No oldest version' }} data={['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']} value={shown.minVersion} onChange={(value) => set('minVersion', value)} error={error('minVersion')} />
            <TagsInput label="ALPN" description="Protocols to offer." value={shown.alpn} onChange={(value) => set('alpn', value)} error={error('alpn')} />
            <TextInput label="Client certificate" description="Its name in the agent's own secrets file." value={shown.clientCertificate ?? ''} onChange={(event) => set('clientCertificate', event.currentTarget.value || null)} error={error('clientCertificate')} />
            <TextInput label="Expected alert" description="The handshake must be refused with it." placeholder="certificate_required" value={shown.expectAlert ?? ''} onChange={(event) => set('expectAlert', event.currentTarget.value || null)} error={error('expectAlert')} />
          </SimpleGrid>
          <Textarea label="Trusted certificates" description="PEM; instead of the system's." autosize minRows={1} maxRows={8} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }} value={shown.ca ?? ''} onChange={(event) => set('ca', event.currentTarget.value || null)} error={error('ca')} />
        </Stack>
      </Collapse>
    </Stack>
  );
}
