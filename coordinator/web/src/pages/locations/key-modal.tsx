import { Button, Checkbox, Modal, Select, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { NumberField } from '../../parts/number-field.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { keysPath, type Location, type LocationKey } from './fleet.ts';

const LASTS = [{ value: '', label: 'until it is revoked' }, { value: '1', label: 'a day' }, { value: '30', label: '30 days' }, { value: '365', label: 'a year' }];
const DAY_MS = 86_400_000;

/** A second key of a location, with the limits it may have. */
export function KeyModal({ location, opened, onClose, onMade }: { readonly location: Location; readonly opened: boolean; readonly onClose: () => void; readonly onMade: (rawKey: string) => void }) {
  return <Modal opened={opened} onClose={onClose} title="Add a key" closeButtonProps={{ 'aria-label': 'Close' }}><KeyForm location={location} onMade={onMade} /></Modal>;
}

function KeyForm({ location, onMade }: { readonly location: Location; readonly onMade: (rawKey: string) => void }) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { oneTime: false, requireApproval: false, maxAgents: '' as number | '', days: '' } });
  const add = useMutation({
    mutationFn: ({ oneTime, requireApproval, maxAgents, days }: typeof form.values) => api.post<LocationKey>(keysPath(location), {
      oneTime, requireApproval, maxAgents: maxAgents === '' ? null : maxAgents, expiresAt: days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
    }),
    onSuccess: (key) => {
      void queries.invalidateQueries({ queryKey: ['fleet', 'keys'] });
      onMade(key.rawKey ?? '');
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={add.error} title="Not added" />
        <Checkbox label="One agent, once" description="The key is that agent’s own from then on." {...form.getInputProps('oneTime', { type: 'checkbox' })} />
        <Checkbox label="Agents wait for approval" {...form.getInputProps('requireApproval', { type: 'checkbox' })} />
        <NumberField label="Agents at most" placeholder="any number" min={1} {...form.getInputProps('maxAgents')} />
        <Select label="Lets agents join for" data={LASTS} allowDeselect={false} {...form.getInputProps('days')} />
        <Button type="submit" loading={add.isPending}>Add</Button>
      </Stack>
    </form>
  );
}
