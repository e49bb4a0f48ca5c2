import { Group, Text, Tooltip } from '@mantine/core';
import { exactTime } from '../../../parts/time-text.tsx';
import type { SeriesWire } from '../wire.ts';
import { bucketState, bucketText, STATE_WORDS, type BucketState } from './bucket-state.ts';

const LEGEND: readonly BucketState[] = ['passing', 'degraded', 'mixed', 'failing', 'unseen', 'maintenance'];

/** Every stretch of the range; a click shows its runs below. Arrow keys walk along it. */
export function Ribbon({ series, chosen, onChoose }: { readonly series: SeriesWire; readonly chosen: number | null; readonly onChoose: (atMs: number | null) => void }) {
  const present = new Set(series.buckets.map(bucketState));
  const current = Math.max(series.buckets.findIndex(({ at }) => Date.parse(at) === chosen), 0);
  return (
    <div>
      <div
        className="ribbon" role="group" aria-label="Results over time"
        onKeyDown={(event) => {
          const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
          if (step === 0) return;
          event.preventDefault();
          const buttons = [...event.currentTarget.querySelectorAll('button')];
          buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]?.focus();
        }}
      >
        {series.buckets.map((bucket, index) => {
          const atMs = Date.parse(bucket.at);
          const state = bucketState(bucket);
          const label = `${exactTime(atMs)}: ${STATE_WORDS[state]}, ${bucketText(bucket)}`;
          return (
            <Tooltip key={bucket.at} label={label} multiline maw={280}>
              <button type="button" className={`ribbon-${state}`} aria-label={label} aria-pressed={chosen === atMs} tabIndex={index === current ? 0 : -1} onClick={() => onChoose(chosen === atMs ? null : atMs)} />
            </Tooltip>
          );
        })}
      </div>
      <Group justify="space-between" mt={6} gap="xs">
        <Text size="xs" c="dimmed">{exactTime(Date.parse(series.from))}</Text>
        <Group gap="md">
          {LEGEND.filter((state) => present.has(state)).map((state) => <Group key={state} gap={5}><span className={`swatch ribbon-${state}`} /><Text size="xs" c="dimmed">{STATE_WORDS[state]}</Text></Group>)}
        </Group>
        <Text size="xs" c="dimmed">{exactTime(Date.parse(series.to))}</Text>
      </Group>
    </div>
  );
}
