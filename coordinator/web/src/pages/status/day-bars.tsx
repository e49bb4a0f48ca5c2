import { percentText } from '../../parts/ago-text.ts';

export type Day = { readonly date: string; readonly state: 'up' | 'degraded' | 'down' | 'none'; readonly availability: number | null };

/** Height says as much as colour. */
const LOOKS: Readonly<Record<Day['state'], { readonly color: string; readonly height: number; readonly word: string }>> = {
  up: { color: 'var(--sonde-passing)', height: 26, word: 'up' }, degraded: { color: 'var(--sonde-degraded)', height: 30, word: 'some trouble' },
  down: { color: 'var(--sonde-failing)', height: 34, word: 'down' }, none: { color: 'var(--sonde-line)', height: 12, word: 'nothing seen' },
};
const STEP = 8;
const HEIGHT = 34;

/** One bar a day, oldest first; which and how much, on hover, and in one sentence for those who hear it. */
export function DayBars({ name, days }: { readonly name: string; readonly days: readonly Day[] }) {
  const count = (state: Day['state']): number => days.filter((day) => day.state === state).length;
  return (
    <svg
      role="img" aria-label={`${name}, ${days.length} days: ${count('up')} up, ${count('degraded')} with some trouble, ${count('down')} down, ${count('none')} without anything seen`}
      width="100%" height={HEIGHT} viewBox={`0 0 ${days.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" style={{ display: 'block' }}
    >
      {days.map(({ date, state, availability }, index) => {
        const { color, height, word } = LOOKS[state];
        return (
          <rect key={date} x={index * STEP + 1} y={HEIGHT - height} width={STEP - 2} height={height} rx={2} fill={color}>
            <title>{`${date}: ${word}${availability === null ? '' : `, ${percentText(availability)} available`}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
