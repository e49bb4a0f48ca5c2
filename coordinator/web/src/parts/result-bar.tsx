import { useState } from 'react';
import { exactTime } from './time-text.tsx';

export type BarState = 'none' | 'passing' | 'degraded' | 'failing' | 'noData' | 'impaired' | 'maintenance';

/** Height says as much as colour: what failed stands tallest, what was not seen is a stub. */
const LOOKS: Readonly<Record<BarState, { readonly color: string; readonly height: number; readonly word: string }>> = {
  passing: { color: 'var(--sonde-passing)', height: 16, word: 'passing' },
  degraded: { color: 'var(--sonde-degraded)', height: 20, word: 'degraded' },
  failing: { color: 'var(--sonde-failing)', height: 24, word: 'failing' },
  noData: { color: 'var(--sonde-no-data)', height: 6, word: 'no data' },
  impaired: { color: 'var(--sonde-no-data)', height: 10, word: 'location cut off' },
  maintenance: { color: 'var(--sonde-paused)', height: 10, word: 'maintenance' },
  none: { color: 'var(--sonde-line)', height: 4, word: 'nothing due' },
};
const STEP = 6;
const HEIGHT = 24;
const RADIUS = 1.2;
const TOLD = ['failing', 'degraded', 'passing', 'noData', 'impaired', 'maintenance'] as const;

/** The worst of each stretch of time, oldest first; what exactly, on hover, and in one sentence for those who hear it. */
export function ResultBar({ name, states, runs, fromMs, bucketMs }: {
  readonly name: string; readonly states: readonly BarState[]; readonly runs: readonly (readonly [number, number, number])[];
  readonly fromMs: number; readonly bucketMs: number;
}) {
  // A page shows fifty bars: the instants and counts of one are made when somebody points at it.
  const [isPointedAt, setPointedAt] = useState(false);
  const counts = new Map<BarState, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = TOLD.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${LOOKS[state].word}`).join(', ') || 'nothing yet';
  const titleOf = (state: BarState, index: number): string => {
    const [judged = 0, failed = 0, unseen = 0] = runs[index] ?? [];
    return `${exactTime(fromMs + index * bucketMs)}: ${LOOKS[state].word}${judged + unseen > 0 ? `, ${judged} runs, ${failed} failed, ${unseen} unseen` : ''}`;
  };
  return (
    <svg
      role="img" aria-label={`Results of ${name}, ${states.length} stretches of time: ${words}`} onPointerEnter={() => setPointedAt(true)}
      width="100%" height={HEIGHT} viewBox={`0 0 ${states.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" style={{ display: 'block', minWidth: 96, maxWidth: 240 }}
    >
      {isPointedAt
        ? states.map((state, index) => <path key={index} d={columnOf(state, index)} fill={LOOKS[state].color}><title>{titleOf(state, index)}</title></path>)
        : [...counts.keys()].map((kind) => <path key={kind} d={states.map((state, index) => (state === kind ? columnOf(state, index) : '')).join('')} fill={LOOKS[kind].color} />)}
    </svg>
  );
}

/** A column with rounded corners, as a path. */
function columnOf(state: BarState, index: number): string {
  const { height } = LOOKS[state];
  const [width, upright] = [STEP - 1.5 - 2 * RADIUS, height - 2 * RADIUS];
  const turn = (x: number, y: number): string => `a${RADIUS} ${RADIUS} 0 0 1 ${x} ${y}`;
  return `M${index * STEP + 0.75 + RADIUS} ${HEIGHT - height}h${width}${turn(RADIUS, RADIUS)}v${upright}${turn(-RADIUS, RADIUS)}h${-width}${turn(-RADIUS, -RADIUS)}v${-upright}${turn(RADIUS, -RADIUS)}z`;
}
