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

/** The worst of each stretch of time, oldest first; what exactly, on hover, and in one sentence for those who hear it. */
export function ResultBar({ name, states, runs, fromMs, bucketMs }: {
  readonly name: string; readonly states: readonly BarState[]; readonly runs: readonly (readonly [number, number, number])[];
  readonly fromMs: number; readonly bucketMs: number;
}) {
  const count = (state: BarState): number => states.filter((one) => one === state).length;
  const seen = (['failing', 'degraded', 'passing', 'noData', 'impaired', 'maintenance'] as const).filter((state) => count(state) > 0);
  const words = seen.length === 0 ? 'nothing yet' : seen.map((state) => `${count(state)} ${LOOKS[state].word}`).join(', ');
  return (
    <svg role="img" aria-label={`Results of ${name}, ${states.length} stretches of time: ${words}`} width="100%" height={HEIGHT} viewBox={`0 0 ${states.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" style={{ display: 'block', minWidth: 96, maxWidth: 240 }}>
      {states.map((state, index) => {
        const { color, height, word } = LOOKS[state];
        const [judged = 0, failed = 0, unseen = 0] = runs[index] ?? [];
        return (
          <rect key={index} x={index * STEP + 0.75} y={HEIGHT - height} width={STEP - 1.5} height={height} rx={1.2} fill={color}>
            <title>{`${exactTime(fromMs + index * bucketMs)}: ${word}${judged + unseen > 0 ? `, ${judged} runs, ${failed} failed, ${unseen} unseen` : ''}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
