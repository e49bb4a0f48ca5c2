import { Button, Group, Radio, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { NumberField } from '../../parts/number-field.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { instantOf, wallClockAt } from './wall-clock.ts';

export type Window = {
  readonly id: number; readonly name: string; readonly startsAt: string; readonly endsAt: string; readonly timeZone: string;
  readonly repeatUnit: 'DAY' | 'WEEK' | 'MONTH' | null; readonly repeatInterval: number | null; readonly repeatEndsAt: string | null;
  readonly tags: readonly string[]; readonly action: 'pause' | 'silence'; readonly status: 'SCHEDULED' | 'IN_PROGRESS' | 'COMPLETED'; readonly nextChangeAt: string | null;
};

const HOUR_MS = 3_600_000;
const ONCE = '';

/** When, how often, for which checks, and what then. Times are those on the walls of the chosen zone. */
export function WindowForm({ window, onDone }: { readonly window: Window | null; readonly onDone: () => void }) {
  const queries = useQueryClient();
  const [zones] = useState(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]);
  const zone = window?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [nextHourMs] = useState(() => Math.ceil(Date.now() / HOUR_MS) * HOUR_MS);
  const wall = (at: string | null | undefined, fallbackMs: number): string => wallClockAt(at == null ? fallbackMs : Date.parse(at), zone);
  const form = useForm({
    initialValues: {
      name: window?.name ?? '', timeZone: zone, startsAt: wall(window?.startsAt, nextHourMs), endsAt: wall(window?.endsAt, nextHourMs + HOUR_MS),
      repeatUnit: window?.repeatUnit ?? ONCE as string, repeatInterval: window?.repeatInterval ?? 1, repeatEndsAt: window?.repeatEndsAt == null ? '' : wall(window.repeatEndsAt, nextHourMs),
      tags: [...window?.tags ?? []], action: window?.action ?? 'pause' as string,
    },
  });
  const save = useMutation({
    mutationFn: ({ repeatUnit, repeatInterval, repeatEndsAt, ...values }: typeof form.values) => {
      const instant = (shown: string): string | null => { const atMs = instantOf(shown, values.timeZone); return atMs === null ? null : new Date(atMs).toISOString(); };
      const body = {
        ...values, startsAt: instant(values.startsAt), endsAt: instant(values.endsAt),
        ...(repeatUnit === ONCE ? {} : { repeatUnit, repeatInterval, repeatEndsAt: repeatEndsAt === '' ? null : instant(repeatEndsAt) }),
      };
      return window === null ? api.post('/v1/maintenance-windows', body) : api.put(`/v1/maintenance-windows/${window.id}`, body);
    },
    onSuccess: () => {
      onDone();
      void queries.invalidateQueries({ queryKey: ['settings', 'maintenance'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack gap="sm">
        <ProblemAlert error={save.error} title="Not saved" />
        <TextInput label="Name" required data-autofocus placeholder="Database upgrade" {...form.getInputProps('name')} />
        <Group grow align="flex-start">
          <TextInput type="datetime-local" label="Begins" required {...form.getInputProps('startsAt')} />
          <TextInput type="datetime-local" label="Ends" required {...form.getInputProps('endsAt')} />
        </Group>
        <Select label="Time zone" description="Repeats keep the time on its walls when summer time begins and ends." data={zones} searchable allowDeselect={false} {...form.getInputProps('timeZone')} />
        <Group grow align="flex-start">
          <Select label="Repeats" data={[{ value: ONCE, label: 'never' }, { value: 'DAY', label: 'by days' }, { value: 'WEEK', label: 'by weeks' }, { value: 'MONTH', label: 'by months' }]} allowDeselect={false} {...form.getInputProps('repeatUnit')} />
          {form.values.repeatUnit !== ONCE && <NumberField label="Every" min={1} max={365} {...form.getInputProps('repeatInterval')} />}
        </Group>
        {form.values.repeatUnit !== ONCE && <TextInput type="datetime-local" label="Until" description="Empty: without end." {...form.getInputProps('repeatEndsAt')} />}
        <TagsInput label="Tags" description="Checks with at least one of these. None: all checks." {...form.getInputProps('tags')} />
        <Radio.Group label="Then" {...form.getInputProps('action')}>
          <Stack gap={6} mt={6}>
            <Radio value="pause" label="Checks are not run" />
            <Radio value="silence" label="Checks run, and nobody is told" />
          </Stack>
        </Radio.Group>
        <Text size="xs" c="dimmed">It is in force a second after it is saved at the earliest.</Text>
        <Button type="submit" loading={save.isPending}>Save the window</Button>
      </Stack>
    </form>
  );
}
