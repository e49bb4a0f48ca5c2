import { Button, Modal, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTemplate } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/api.ts';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import { toast } from '../../../parts/toast.ts';
import type { AssertionWire, PresetWire, StepWire } from '../wire.ts';
import { stepDraftOf, TLS_DEFAULTS } from './draft.ts';
import { useCheckForm } from './form-context.ts';

type Filled = { readonly defaultPort: number; readonly request: { readonly data?: string; readonly dataFormat?: 'escaped'; readonly steps?: readonly StepWire[]; readonly assertions?: readonly AssertionWire[]; readonly tls?: { readonly mode: 'none' | 'implicit' } } };

/** What to say to well-known servers, laid under the host and port that are there. */
export function PresetPicker() {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="light" size="xs" leftSection={<IconTemplate size={15} />} onClick={open}>Start from a preset</Button>
      <Modal opened={isOpen} onClose={close} title="Start from a preset" closeButtonProps={{ 'aria-label': 'Close' }}>
        {isOpen && <PresetForm onDone={close} />}
      </Modal>
    </>
  );
}

function PresetForm({ onDone }: { readonly onDone: () => void }) {
  const form = useCheckForm();
  const { data: presets = [], error } = useQuery({ queryKey: ['presets'], queryFn: ({ signal }) => api.get<readonly PresetWire[]>('/v1/presets', {}, { signal }), staleTime: Number.POSITIVE_INFINITY });
  const { hostname, port } = form.values.request;
  const [name, setName] = useState<string | null>(null);
  const chosen = presets.find((preset) => preset.name === name) ?? presets.find((preset) => name === null && preset.defaultPort === port) ?? null;
  const [parameters, setParameters] = useState<Readonly<Record<string, string>>>({});
  const fill = useMutation({
    mutationFn: (preset: PresetWire) => api.post<Filled>(`/v1/presets/${encodeURIComponent(preset.name)}/request`, {
      parameters: Object.fromEntries(preset.parameters.flatMap((parameter) => { const value = parameters[parameter.name]; return value ? [[parameter.name, value]] : []; })),
      hostname: hostname.trim() || null, port: port === '' ? null : port,
    }),
    onSuccess: (filled, preset) => {
      const { request } = form.values;
      form.setFieldValue('request', {
        ...request,
        port: request.port === '' ? filled.defaultPort : request.port,
        talk: filled.request.steps ? 'steps' : filled.request.data ? 'data' : 'nothing',
        data: filled.request.data ?? '', dataFormat: filled.request.dataFormat ?? 'escaped',
        steps: (filled.request.steps ?? []).map(stepDraftOf),
        assertions: filled.request.assertions?.map((assertion) => ({ ...assertion })) ?? request.assertions,
        tls: filled.request.tls ? { ...(request.tls ?? TLS_DEFAULTS), mode: filled.request.tls.mode } : null,
      });
      toast({ message: `${preset.title}: the request is filled in.`, color: 'teal' });
      onDone();
    },
  });
  return (
    <Stack gap="md">
      <ProblemAlert error={error ?? fill.error} title="Not filled in" />
      <Select
        label="Server" placeholder="Choose, or type to search" searchable data-autofocus allowDeselect={false} maxDropdownHeight={280}
        data={presets.map((preset) => ({ value: preset.name, label: `${preset.title} (${preset.defaultPort})` }))}
        value={chosen?.name ?? null} onChange={(value) => { setName(value); setParameters({}); }}
      />
      {chosen !== null && <Text size="sm" c="dimmed">{chosen.description}</Text>}
      {chosen?.parameters.map((parameter) => {
        const Input = parameter.isSecret ? PasswordInput : TextInput;
        return (
          <Input
            key={parameter.name} label={parameter.name} description={parameter.about} required={parameter.whenUnset === 'required'} autoComplete="off"
            placeholder={parameter.default ?? (parameter.whenUnset === 'target' ? 'the host of the check' : '')}
            value={parameters[parameter.name] ?? ''} onChange={(event) => setParameters({ ...parameters, [parameter.name]: event.currentTarget.value })}
          />
        );
      })}
      <Text size="xs" c="dimmed">It replaces what the check says after connecting, and its TLS. Host and port stay.</Text>
      <Button disabled={chosen === null} loading={fill.isPending} onClick={() => { if (chosen) fill.mutate(chosen); }}>Fill in</Button>
    </Stack>
  );
}
