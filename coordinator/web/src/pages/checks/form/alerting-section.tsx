import { Alert, Anchor, Checkbox, Collapse, Radio, Select, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { NumberField } from '../../../parts/number-field.tsx';
import type { AlertSettingsWire, ChannelWire } from '../wire.ts';
import { alertSentence } from './alert-sentence.ts';
import type { Draft } from './draft.ts';
import { useCheckForm } from './form-context.ts';
import { RetryFields } from './retry-fields.tsx';
import { Section } from './section.tsx';

const options = (values: readonly number[], text: (value: number) => string) => values.map((value) => ({ value: String(value), label: text(value) }));

/** Retries, when somebody is told, who, and all of that in a sentence. */
export function AlertingSection({ channels, accountSettings }: { readonly channels: readonly ChannelWire[]; readonly accountSettings: AlertSettingsWire | null }) {
  const form = useCheckForm();
  const { values } = form;
  const sentence = sentenceOf(values, accountSettings, channels.length);
  return (
    <Section id="alerting" title="Retries and alerting">
      <Alert variant="light" color="indigo" icon={<IconBell />} title="What will happen" role="note" styles={{ message: { color: 'var(--mantine-color-text)' } }}><span data-testid="alert-sentence">{sentence}</span></Alert>
      <RetryFields />
      <Switch
        label="Own alert settings" description={values.useGlobalAlertSettings ? 'Off: those of the account, or of its group, hold.' : 'On: these hold for this check, whatever the account says.'}
        checked={!values.useGlobalAlertSettings}
        onChange={(event) => {
          const isOwn = event.currentTarget.checked;
          form.setFieldValue('useGlobalAlertSettings', !isOwn);
        }}
      />
      <Collapse expanded={!values.useGlobalAlertSettings}><OwnSettings /></Collapse>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Switch label="Confirm from another location" description="Before an alert, a failure must be seen from another chosen location." {...form.getInputProps('confirmFromOtherLocation', { type: 'checkbox' })} />
        <NumberField label="Alert for one location alone" description="After so many failed runs there; empty: never." min={1} max={100} {...form.getInputProps('perLocationFailedRuns')} />
        <Select
          label="While nobody can see it" description="Its agents are gone or cut off." allowDeselect={false}
          data={[{ value: 'noData', label: 'it is “no data”' }, { value: 'failing', label: 'it counts as failing' }]} {...form.getInputProps('whenUnseen')}
          onChange={(value) => form.setFieldValue('whenUnseen', value as Draft['whenUnseen'])}
        />
      </SimpleGrid>
      <Channels channels={channels} />
    </Section>
  );
}

export function sentenceOf(values: Draft, accountSettings: AlertSettingsWire | null, channels: number): string {
  return alertSentence({
    ...values, settings: values.useGlobalAlertSettings ? accountSettings ?? values.alertSettings : values.alertSettings,
    locations: values.locations.length + values.privateLocations.length, channels: values.subscribed === null ? channels : values.subscribed.length,
  });
}

function OwnSettings() {
  const form = useCheckForm();
  const { alertSettings: settings, runParallel } = form.values;
  const set = (changes: Partial<AlertSettingsWire>): void => form.setFieldValue('alertSettings', { ...settings, ...changes });
  return (
    <Stack gap="md" pt={4}>
      <Radio.Group label="Alert" value={settings.escalationType} onChange={(value) => set({ escalationType: value as AlertSettingsWire['escalationType'] })}>
        <SimpleGrid cols={{ base: 1, sm: 2 }} mt={8}>
          <Radio value="RUN_BASED" label="after failed runs in a row" />
          <Radio value="TIME_BASED" label="after minutes of failing" />
        </SimpleGrid>
      </Radio.Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {settings.escalationType === 'RUN_BASED'
          ? <Select label="Failed runs" allowDeselect={false} data={options([1, 2, 3, 4, 5], String)} value={String(settings.runBasedEscalation.failedRunThreshold)} onChange={(value) => set({ runBasedEscalation: { failedRunThreshold: Number(value) } })} error={form.errors['alertSettings.runBasedEscalation.failedRunThreshold']} />
          : <Select label="Minutes" allowDeselect={false} data={options([5, 10, 15, 30], String)} value={String(settings.timeBasedEscalation.minutesFailingThreshold)} onChange={(value) => set({ timeBasedEscalation: { minutesFailingThreshold: Number(value) } })} error={form.errors['alertSettings.timeBasedEscalation.minutesFailingThreshold']} />}
        <NumberField label="Passing runs that end it" min={1} max={10} value={settings.recoveryPassThreshold} onChange={(value) => set({ recoveryPassThreshold: Number(value) || 1 })} error={form.errors['alertSettings.recoveryPassThreshold']} />
        <Select label="Reminders" allowDeselect={false} data={options([0, 1, 2, 3, 4, 5, 100_000], (value) => (value === 0 ? 'none' : value === 100_000 ? 'until it is over' : String(value)))} value={String(settings.reminders.amount)} onChange={(value) => set({ reminders: { ...settings.reminders, amount: Number(value) } })} />
        <Select label="Minutes between reminders" allowDeselect={false} disabled={settings.reminders.amount === 0} data={options([1, 2, 3, 4, 5, 10, 15, 30], String)} value={String(settings.reminders.interval)} onChange={(value) => set({ reminders: { ...settings.reminders, interval: Number(value) } })} />
        {runParallel && (
          <Select
            label="A parallel run fails when" allowDeselect={false} data={[{ value: 'off', label: 'any location fails' }, ...options([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], (value) => `${value} % of the locations fail`)]}
            value={settings.parallelRunFailureThreshold.enabled ? String(settings.parallelRunFailureThreshold.percentage) : 'off'}
            onChange={(value) => set({ parallelRunFailureThreshold: value === 'off' || value === null ? { ...settings.parallelRunFailureThreshold, enabled: false } : { enabled: true, percentage: Number(value) } })}
          />
        )}
      </SimpleGrid>
    </Stack>
  );
}

function Channels({ channels }: { readonly channels: readonly ChannelWire[] }) {
  const form = useCheckForm();
  const { subscribed } = form.values;
  if (channels.length === 0) {
    return <Text size="sm" c="dimmed">No alert channel yet: alerts are kept and shown here, but sent to nobody. <Anchor component={Link} to="/alert-channels" size="sm" underline="always">Add one</Anchor></Text>;
  }
  return (
    <Checkbox.Group
      label="Who is told" description={subscribed === null ? 'Every channel, unless you choose.' : 'The channels that get its alerts.'} error={form.errors['subscribed']}
      value={(subscribed ?? channels.map(({ id }) => id)).map(String)} onChange={(chosen) => form.setFieldValue('subscribed', chosen.map(Number))}
    >
      <div className="check-choices">
        {channels.map((channel) => <Checkbox key={channel.id} value={String(channel.id)} label={<span className="foreign">{channelName(channel)}</span>} description={channel.type.toLowerCase()} />)}
      </div>
    </Checkbox.Group>
  );
}

function channelName({ id, config }: ChannelWire): string {
  const named = ['name', 'address', 'channelName', 'number', 'channel', 'serviceName'].map((field) => config[field]).find((value) => typeof value === 'string' && value !== '');
  return typeof named === 'string' ? named : `Channel ${id}`;
}
