import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { durationText } from '../../../parts/ago-text.ts';
import { PHASES } from '../run/phases.ts';
import type { SeriesWire } from '../wire.ts';

const HEIGHT = 240;

/** Mean time of each phase, stacked to the total, and the p95 of the total. One chunk of its own: uPlot is in it. */
export function PhaseChart({ series, label }: { readonly series: SeriesWire; readonly label: string }) {
  const { ref, width } = useElementSize();
  const plot = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    if (plot.current === null || width === 0) return undefined;
    const css = getComputedStyle(document.documentElement);
    const [ink, line] = [css.getPropertyValue('--mantine-color-dimmed'), css.getPropertyValue('--sonde-line')];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px 'Inter Variable', sans-serif" };
    const made = new uPlot({
      width, height: HEIGHT, cursor: { drag: { x: false, y: false } }, legend: { live: true },
      scales: { x: { time: true, range: [Date.parse(series.from) / 1_000, Date.parse(series.to) / 1_000] }, y: { range: (_, __, max) => [0, Math.max(max ?? 0, 0.001) * 1.08] } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((at) => timeText(at * 1_000)), space: 70 }, { ...axis, size: 64, values: (_, ticks) => ticks.map((ms) => (ms === 0 ? '0' : durationText(ms * 1_000))) }],
      series: [
        { value: (_: uPlot, at: number | null) => (at === null ? '–' : new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(at * 1_000)) },
        ...PHASES.toReversed().map(({ key, name, color }) => ({
          label: name, stroke: color, fill: `${color}cc`, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.86, 48], align: 1 }),
          value: (_: uPlot, __: number, ___: number, index: number | null) => (index === null ? '–' : msText(series.buckets[index]?.phases[key]?.avgMs)),
        })),
        { label: 'Total p95', stroke: ink, width: 1.5, dash: [5, 4], paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false }, spanGaps: false, value: (_: uPlot, value: number | null) => msText(value ?? undefined) },
      ],
    }, dataOf(series), plot.current);
    return () => made.destroy();
  }, [series, width, scheme]);
  return <div ref={ref} style={{ width: '100%' }}><div ref={plot} role="img" aria-label={label} /></div>;
}

/** The time of day; at midnight the day. */
function timeText(atMs: number): string {
  const at = new Date(atMs);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return new Intl.DateTimeFormat(undefined, isMidnight ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
}

function msText(ms: number | undefined): string {
  return ms === undefined ? '–' : durationText(ms * 1_000);
}

/** The tallest stack first, so that the lower ones are painted over it. */
function dataOf({ buckets }: SeriesWire): uPlot.AlignedData {
  const stacked = PHASES.map((_, upTo) => buckets.map(({ phases }) => (phases['total'] === undefined ? null : PHASES.slice(0, upTo + 1).reduce((sum, { key }) => sum + (phases[key]?.avgMs ?? 0), 0))));
  return [buckets.map(({ at }) => Date.parse(at) / 1_000), ...stacked.toReversed(), buckets.map(({ phases }) => phases['total']?.p95Ms ?? null)] as uPlot.AlignedData;
}
