import { Button, Card, Group, Select, Stack, Switch, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { useMay } from '../../api/session.ts';
import { NumberField } from '../../parts/number-field.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { toast } from '../../parts/toast.ts';
import { PageHeader } from '../../shell/page-header.tsx';

type Settings = {
  escalationType: 'RUN_BASED' | 'TIME_BASED'; runBasedEscalation: { failedRunThreshold: number }; timeBasedEscalation: { minutesFailingThreshold: number };
  reminders: { amount: number; interval: number }; parallelRunFailureThreshold: { enabled: boolean; percentage: number }; recoveryPassThreshold: number;
};

const numbers = (values: readonly number[], word: (value: number) => string) => values.map((value) => ({ value: String(value), label: word(value) }));
const ENDLESS = 100_000;
const REMINDERS = numbers([0, 1, 2, 3, 4, 5, ENDLESS], (n) => (n === 0 ? 'never' : n === ENDLESS ? 'until it is over' : n === 1 ? 'once' : `${n} times`));
const MINUTES = numbers([1, 2, 3, 4, 5, 10, 15, 30], (n) => (n === 1 ? 'every minute' : `every ${n} minutes`));
const FAILING_MINUTES = numbers([5, 10, 15, 30], (n) => `${n} minutes`);
const SHARES = numbers([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], (n) => `${n} % of its locations`);

/** What holds for checks that neither have settings of their own nor get their group's. */
export function AlertSettingsPage() {
  const mayWrite = useMay()('account:write');
  const queries = useQueryClient();
  const { data } = useSuspenseQuery({ queryKey: ['settings', 'alerting'], queryFn: ({ signal }) => api.get<Settings>('/v1/account/alert-settings', {}, { signal }) });
  const form = useForm<Settings>({ initialValues: data });
  const save = useMutation({
    mutationFn: (values: Settings) => api.put('/v1/account/alert-settings', values),
    onSuccess: () => {
      toast({ message: 'Saved: checks without settings of their own follow it', color: 'teal' });
      void queries.invalidateQueries({ queryKey: ['settings', 'alerting'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const { values } = form;
  const choose = (path: string, value: number) => ({ value: String(value), onChange: (next: string | null) => form.setFieldValue(path, Number(next)), allowDeselect: false, error: form.errors[path] });
  return (
    <>
      <PageHeader title="Alert settings" about="For all checks that have no settings of their own." />
      <Card maw={640}>
        <form onSubmit={form.onSubmit((given) => save.mutate(given))} noValidate>
          <Stack gap="sm">
            <ProblemAlert error={save.error} title="Not saved" />
            <Select label="Alert after" data={[{ value: 'RUN_BASED', label: 'failed runs in a row' }, { value: 'TIME_BASED', label: 'a time of failing' }]} allowDeselect={false} {...form.getInputProps('escalationType')} />
            {values.escalationType === 'RUN_BASED'
              ? <NumberField label="Failed runs in a row" min={1} max={5} {...form.getInputProps('runBasedEscalation.failedRunThreshold')} />
              : <Select label="Failing for" data={FAILING_MINUTES} {...choose('timeBasedEscalation.minutesFailingThreshold', values.timeBasedEscalation.minutesFailingThreshold)} />}
            <Group grow align="flex-start">
              <Select label="Remind" data={REMINDERS} {...choose('reminders.amount', values.reminders.amount)} />
              {values.reminders.amount > 0 && <Select label="How often" data={MINUTES} {...choose('reminders.interval', values.reminders.interval)} />}
            </Group>
            <Switch label="Parallel runs fail only where many locations do" {...form.getInputProps('parallelRunFailureThreshold.enabled', { type: 'checkbox' })} />
            {values.parallelRunFailureThreshold.enabled && <Select label="From" data={SHARES} {...choose('parallelRunFailureThreshold.percentage', values.parallelRunFailureThreshold.percentage)} />}
            <NumberField label="Passing runs in a row that end a failure" min={1} max={10} {...form.getInputProps('recoveryPassThreshold')} />
            <Text size="sm" p="sm" style={{ background: 'var(--mantine-color-indigo-light)', borderRadius: 8 }}>{sentence(values)}</Text>
            {mayWrite && <Button type="submit" loading={save.isPending} style={{ alignSelf: 'flex-start' }}>Save</Button>}
          </Stack>
        </form>
      </Card>
    </>
  );
}

function sentence({ escalationType, runBasedEscalation, timeBasedEscalation, reminders, recoveryPassThreshold }: Settings): string {
  const after = escalationType === 'TIME_BASED' ? `once a check has failed for ${timeBasedEscalation.minutesFailingThreshold} minutes`
    : runBasedEscalation.failedRunThreshold === 1 ? 'at the first failed run' : `after ${runBasedEscalation.failedRunThreshold} failed runs in a row`;
  const again = reminders.amount === 0 ? 'reminds nobody' : `reminds every ${reminders.interval} min, ${reminders.amount === ENDLESS ? 'until it is over' : reminders.amount === 1 ? 'once' : `${reminders.amount} times`}`;
  return `Alerts ${after}, ${again}, and says it is over after ${recoveryPassThreshold === 1 ? 'a passing run' : `${recoveryPassThreshold} passing runs`}.`;
}
