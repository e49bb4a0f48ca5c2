import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme, VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { durationText } from '../../../parts/ago-text.ts';
import { exactTime } from '../../../parts/time-text.tsx';
import { PHASES } from '../run/phases.ts';
import type { SeriesWire } from '../wire.ts';

const HEIGHT = 240;
type Phase = (typeof PHASES)[number];

/** Mean time of each phase, stacked to the total, and the p95 of the total. One chunk of its own: uPlot is in it. */
export function PhaseChart({ series, label }: { readonly series: SeriesWire; readonly label: string }) {
  const { ref, width } = useElementSize();
  const plot = useRef<HTMLDivElement>(null);
  const [index, setIndex] = useState<number | null>(null);
  const scheme = useComputedColorScheme('light');
  const phases = PHASES.filter(({ key }) => series.buckets.some((bucket) => (bucket.phases[key]?.avgMs ?? 0) > 0));
  const names = phases.map(({ key }) => key).join();
  useEffect(() => {
    if (plot.current === null || width === 0) return undefined;
    const css = getComputedStyle(document.documentElement);
    const [ink, line] = [css.getPropertyValue('--mantine-color-dimmed'), css.getPropertyValue('--sonde-line')];
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "12px 'Inter Variable', sans-serif" };
    const made = new uPlot({
      width, height: HEIGHT, cursor: { drag: { x: false, y: false }, points: { show: false } }, legend: { show: false },
      hooks: { setCursor: [(at) => setIndex(at.cursor.idx ?? null)] },
      scales: { x: { time: true, range: [Date.parse(series.from) / 1_000, Date.parse(series.to) / 1_000] }, y: { range: (_, __, max) => [0, Math.max(max ?? 0, 0.001) * 1.08] } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map((at) => timeText(at * 1_000)), space: 70, size: 32 }, { ...axis, size: 64, values: (_, ticks) => ticks.map((ms) => (ms === 0 ? '0' : durationText(ms * 1_000))) }],
      series: [
        {},
        ...phases.toReversed().map(({ name, color }) => ({
          label: name, stroke: color, fill: color, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.86, 48], align: 1 }),
        })),
        { label: 'Total p95', stroke: ink, width: 1.5, dash: [5, 4], paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false }, spanGaps: false },
      ],
    }, dataOf(series, phases), plot.current);
    return () => made.destroy();
    // The phases are those of the series.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [series, width, scheme, names]);
  return (
    <div ref={ref} style={{ width: '100%' }}>
      <div ref={plot} role="img" aria-label={label} style={{ minHeight: HEIGHT }} />
      <Legend series={series} phases={phases} index={index} />
    </div>
  );
}

/** What the colours are, and the values under the pointer: of the whole range while it is elsewhere. */
function Legend({ series, phases, index }: { readonly series: SeriesWire; readonly phases: readonly Phase[]; readonly index: number | null }) {
  const bucket = index === null ? undefined : series.buckets[index];
  const shown = bucket?.phases ?? series.whole.phases;
  const valueOf = (ms: number | undefined): string => (ms === undefined ? '–' : durationText(ms * 1_000));
  return (
    <dl className="chart-legend">
      {phases.map(({ key, name, color }) => (
        <div key={key}><dt><span className="swatch" style={{ background: color }} />{name}</dt><dd>{valueOf(shown[key]?.avgMs)}</dd></div>
      ))}
      <div><dt><span className="chart-dash" />Total p95</dt><dd>{valueOf(shown['total']?.p95Ms)}</dd></div>
      <div style={{ marginInlineStart: 'auto' }}><VisuallyHidden component="dt">of</VisuallyHidden><dd>{bucket === undefined ? 'the whole range' : exactTime(Date.parse(bucket.at))}</dd></div>
    </dl>
  );
}

/** The time of day; at midnight the day. */
function timeText(atMs: number): string {
  const at = new Date(atMs);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return new Intl.DateTimeFormat(undefined, isMidnight ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
}

/** The tallest stack first, so that the lower ones are painted over it. */
function dataOf({ buckets }: SeriesWire, of: readonly Phase[]): uPlot.AlignedData {
  const stacked = of.map((_, upTo) => buckets.map(({ phases }) => (phases['total'] === undefined ? null : of.slice(0, upTo + 1).reduce((sum, { key }) => sum + (phases[key]?.avgMs ?? 0), 0))));
  return [buckets.map(({ at }) => Date.parse(at) / 1_000), ...stacked.toReversed(), buckets.map(({ phases }) => phases['total']?.p95Ms ?? null)] as uPlot.AlignedData;
}
