import { Button, Card, Group, Select, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { api } from '../../../api/api.ts';
import { fieldErrors } from '../../../api/api-problem.ts';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import { toast } from '../../../parts/toast.ts';
import type { AssertionWire, CheckWire, LocationWire, ResultWire } from '../wire.ts';
import { bodyOf, fieldOf } from './draft.ts';
import { useCheckForm } from './form-context.ts';

const RunResult = lazy(async () => ({ default: (await import('./run-result.tsx')).RunResult }));

/** Runs what is in the form, unsaved, from a location, and shows everything that came of it. */
export function RunNow({ locations, before }: { readonly locations: readonly LocationWire[]; readonly before: CheckWire | null }) {
  const form = useCheckForm();
  const { values } = form;
  const [chosen, setChosen] = useState<string | null>(null);
  const location = chosen ?? values.locations[0] ?? values.privateLocations[0] ?? locations.find(({ liveAgents }) => liveAgents > 0)?.code ?? null;
  const run = useMutation({
    mutationFn: (code: string) => {
      const { name, groupId: _group, alertChannelSubscriptions: _subscriptions, ...definition } = bodyOf(values, before);
      return api.post<ResultWire>('/v1/checks/tcp/run', { ...definition, ...(name === '' ? {} : { name }), location: code });
    },
    onError: (error) => form.setErrors(Object.fromEntries(Object.entries(fieldErrors(error)).map(([path, text]) => [fieldOf(path), text]))),
  });
  const assert = (assertion: AssertionWire): void => {
    form.insertListItem('request.assertions', assertion);
    toast({ message: 'Added to the assertions.', color: 'teal', position: 'top-center', autoClose: 2_500 });
  };
  return (
    <Card component="section" aria-labelledby="run-now-title">
      <Title order={2} size="h4" id="run-now-title">Try it</Title>
      <Text size="sm" c="dimmed" mt={2} mb="sm">Runs what is in the form. Neither saved nor counted, and nobody is alerted.</Text>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Select
          label="From" style={{ flex: 1 }} placeholder="No location yet" allowDeselect={false} value={location} onChange={setChosen}
          data={locations.map(({ code, name, liveAgents }) => ({ value: code, label: `${name}${liveAgents === 0 ? ' (no agent)' : ''}` }))}
        />
        <Button leftSection={<IconPlayerPlayFilled size={14} />} loading={run.isPending} disabled={location === null} onClick={() => { if (location !== null) run.mutate(location); }}>Run now</Button>
      </Group>
      <div aria-live="polite">
        {run.error !== null && <div style={{ marginTop: 12 }}><ProblemAlert error={run.error} title="It could not be run" /></div>}
        {run.data !== undefined && !run.isPending && <Stack gap="md" mt="md" data-testid="run-result"><Suspense fallback={null}><RunResult result={run.data} onAssert={assert} /></Suspense></Stack>}
      </div>
    </Card>
  );
}
