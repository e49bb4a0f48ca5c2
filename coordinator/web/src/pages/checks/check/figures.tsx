import { Tooltip } from '@mantine/core';
import { durationText, percentText } from '../../../parts/ago-text.ts';
import type { Figures } from '../wire.ts';

/** The numbers of the range, each with what it means. */
export function FiguresOf({ whole }: { readonly whole: Figures }) {
  const total = whole.phases['total'];
  const ms = (value: number | undefined): string => (value === undefined ? '–' : durationText(value * 1_000));
  const share = (value: number | null): string => (value === null ? '–' : percentText(value));
  const entries: readonly (readonly [string, string, string])[] = [
    ['Availability', share(whole.availability), 'Runs that passed or were degraded, of all that had a verdict.'],
    ['Reachability', share(whole.reachability), 'Runs whose connection was established, whatever came after.'],
    ['Average', ms(total?.avgMs), 'Of runs that passed or were degraded.'],
    ['p50', ms(total?.p50Ms), 'Half of the runs were faster.'],
    ['p95', ms(total?.p95Ms), 'One run in twenty was slower.'],
    ['p99', ms(total?.p99Ms), 'One run in a hundred was slower.'],
    ['Runs', whole.runs.toLocaleString(), `Final results of the schedule. ${whole.outcomes.failed} failed, ${whole.retries} retries.`],
    ['Unseen', whole.unseen.toLocaleString(), 'Due runs of which nobody can tell up or down.'],
  ];
  return (
    <dl className="figures">
      {entries.map(([name, value, about]) => (
        <div key={name}>
          <dt><Tooltip label={about} multiline maw={260}><span tabIndex={0}>{name}</span></Tooltip></dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
