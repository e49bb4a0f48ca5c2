export type UsageDay = { readonly from: string; readonly totalRuns: number; readonly cost: number };

const HEIGHT = 120;
const STEP = 20;

/** One bar a day; the table below says the same in figures. */
export function UsageBars({ days }: { readonly days: readonly UsageDay[] }) {
  const most = Math.max(1, ...days.map(({ totalRuns }) => totalRuns));
  const total = days.reduce((sum, { totalRuns }) => sum + totalRuns, 0);
  return (
    <svg role="img" aria-label={`Runs of ${days.length} days, ${total.toLocaleString()} in all, ${most.toLocaleString()} on the busiest day`} width="100%" height={HEIGHT} viewBox={`0 0 ${Math.max(1, days.length) * STEP} ${HEIGHT}`} preserveAspectRatio="none" style={{ display: 'block' }}>
      {days.map(({ from, totalRuns }, index) => {
        const height = totalRuns === 0 ? 2 : Math.max(3, (totalRuns / most) * HEIGHT);
        return <rect key={from} x={index * STEP + 2} y={HEIGHT - height} width={STEP - 4} height={height} rx={2} fill={totalRuns === 0 ? 'var(--sonde-line)' : 'var(--mantine-color-indigo-filled)'}><title>{`${from.slice(0, 10)}: ${totalRuns.toLocaleString()} runs`}</title></rect>;
      })}
    </svg>
  );
}
