import { Table } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { durationText, percentText } from '../../parts/ago-text.ts';
import { CheckMenu } from '../../parts/check-menu.tsx';
import { ResultBar } from '../../parts/result-bar.tsx';
import { StatusMark } from '../../parts/status-mark.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { shownStatus, type Overview } from './overview.ts';

const TAGS_SHOWN = 2;
const { td, tr } = Table.Td.classes ?? {};

type Props = {
  readonly check: Overview['entries'][number];
  readonly fromMs: number;
  readonly bucketMs: number;
  /** null: whoever looks may not choose. */
  readonly isChosen: boolean | null;
  /** The same function each time, or every row is drawn again. */
  readonly onToggle: (checkId: string) => void;
};

/** Fifty of these are made at a keystroke: elements of the table's look, without the components that give it. */
export const CheckRow = memo(function CheckRow({ check, fromMs, bucketMs, isChosen, onToggle }: Props) {
  const places = [...check.locations, ...check.privateLocations];
  const cell = (name: string): { readonly role: 'cell'; readonly className: string } => ({ role: 'cell', className: `${td} checks-${name}` });
  return (
    <tr role="row" className={tr} data-with-row-border>
      {isChosen !== null && <td {...cell('choose')}><input type="checkbox" aria-label={`Choose ${check.name}`} checked={isChosen} onChange={() => onToggle(check.checkId)} /></td>}
      <td {...cell('status')}><StatusMark status={shownStatus(check.status)} /></td>
      <td {...cell('name')}>
        <div className="checks-line">
          <Link to={`/checks/${check.checkId}` as string} className="checks-link foreign">{check.name}</Link>
          {check.muted && <IconBellOff size={14} role="img" aria-label="muted" />}
        </div>
        <div className="checks-line checks-small">
          <span className="checks-target foreign" title={check.target}>{check.target}</span>
          {check.tags.slice(0, TAGS_SHOWN).map((tag) => <span key={tag} className="checks-tag">{tag}</span>)}
          {check.tags.length > TAGS_SHOWN && <span title={check.tags.join(', ')}>+{check.tags.length - TAGS_SHOWN}</span>}
        </div>
      </td>
      <td {...cell('bar')}><ResultBar name={check.name} states={check.bar} runs={check.barRuns} fromMs={fromMs} bucketMs={bucketMs} /></td>
      <td {...cell('availability')}>{check.availability === null ? '–' : percentText(check.availability)}</td>
      <td {...cell('p95')}>{check.p95Ms === null ? '–' : durationText(check.p95Ms * 1_000)}</td>
      <td {...cell('last')}>{check.lastRunAt === null ? '–' : <TimeAgo at={check.lastRunAt} />}</td>
      <td {...cell('places')} title={places.join(', ')}>{shortly(places)}</td>
      <td {...cell('menu')}><CheckMenu check={check} /></td>
    </tr>
  );
});

/** All are in the title: a tall row hides the ones under it. */
function shortly(places: readonly string[]): string {
  return places.length <= 1 ? places.join('') : `${places[0]} +${places.length - 1}`;
}
