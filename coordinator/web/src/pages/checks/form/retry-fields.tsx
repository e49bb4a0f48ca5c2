import { Select, SimpleGrid, Stack, Switch } from '@mantine/core';
import { NumberField } from '../../../parts/number-field.tsx';
import { useCheckForm } from './form-context.ts';
import type { Draft } from './draft.ts';

type Retry = NonNullable<Draft['retryStrategy']>;
const NEW: Retry = { type: 'FIXED', baseBackoffSeconds: 5, maxRetries: 2, maxDurationSeconds: 60, sameRegion: true };
const TYPES = [
  { value: 'none', label: 'No retries' }, { value: 'SINGLE_RETRY', label: 'One retry' }, { value: 'FIXED', label: 'Fixed waits' },
  { value: 'LINEAR', label: 'Growing waits' }, { value: 'EXPONENTIAL', label: 'Waits that multiply' },
];

/** What is done before a run counts as failed. */
export function RetryFields() {
  const form = useCheckForm();
  const { retryStrategy: retry, runParallel } = form.values;
  const set = (changes: Partial<Retry>): void => form.setFieldValue('retryStrategy', { ...(retry ?? NEW), ...changes });
  const error = (field: string) => form.errors[`retryStrategy.${field}`];
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: retry === null ? 2 : 4 }}>
        <Select
          label="Retries" allowDeselect={false} data={TYPES} value={retry?.type ?? 'none'} error={error('type')}
          onChange={(value) => (value === null || value === 'none' ? form.setFieldValue('retryStrategy', null) : set({ type: value as Retry['type'] }))}
        />
        {retry !== null && <NumberField label="First wait" unit="s" min={0} max={600} value={retry.baseBackoffSeconds} onChange={(value) => set({ baseBackoffSeconds: value })} error={error('baseBackoffSeconds')} />}
        {retry !== null && retry.type !== 'SINGLE_RETRY' && <NumberField label="At most" min={1} max={10} value={retry.maxRetries} onChange={(value) => set({ maxRetries: value })} error={error('maxRetries')} />}
        {retry !== null && retry.type !== 'SINGLE_RETRY' && <NumberField label="Within" unit="s" min={0} max={600} value={retry.maxDurationSeconds} onChange={(value) => set({ maxDurationSeconds: value })} error={error('maxDurationSeconds')} />}
      </SimpleGrid>
      {retry !== null && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Switch label="Only connection failures" description="A failed assertion is not tried again." checked={(retry.onlyOn?.length ?? 0) > 0} onChange={(event) => set({ onlyOn: event.currentTarget.checked ? ['NETWORK_ERROR'] : [] })} />
          {!runParallel && <Switch label="In the same location" description="Off: in another chosen one." checked={retry.sameRegion} onChange={(event) => set({ sameRegion: event.currentTarget.checked })} />}
        </SimpleGrid>
      )}
    </Stack>
  );
}
