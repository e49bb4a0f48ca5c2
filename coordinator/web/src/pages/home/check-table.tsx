import './home.css';
import { Anchor, Badge, Checkbox, Group, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconBellOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { durationText, percentText } from '../../parts/ago-text.ts';
import { CheckMenu } from '../../parts/check-menu.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { ResultBar } from '../../parts/result-bar.tsx';
import { StatusMark } from '../../parts/status-mark.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { shownStatus, type Overview } from './overview.ts';

const TAGS_SHOWN = 2;

export function CheckTable({ overview, chosen, onChoose }: { readonly overview: Overview; readonly chosen: ReadonlySet<string>; readonly onChoose: (chosen: ReadonlySet<string>) => void }) {
  const { entries, from, bucketSeconds } = overview;
  const mayChoose = useMay()('checks:write');
  const areAll = entries.length > 0 && entries.every(({ checkId }) => chosen.has(checkId));
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  return (
    <DataTable
      label="Checks" minWidth={880} className="checks"
      columns={[
        ...(mayChoose ? [<Checkbox key="all" size="xs" aria-label="Choose all on this page" checked={areAll} indeterminate={!areAll && chosen.size > 0} onChange={() => onChoose(new Set(areAll ? [] : entries.map(({ checkId }) => checkId)))} />] : []),
        'Status', 'Check', 'Results', 'Availability', 'p95', 'Last run', 'Locations', <VisuallyHidden key="actions">Actions</VisuallyHidden>,
      ]}
    >
      {entries.map((check) => (
        <Table.Tr key={check.checkId} role="row">
          {mayChoose && <Table.Td w={36} role="cell" className="checks-choose"><Checkbox size="xs" aria-label={`Choose ${check.name}`} checked={chosen.has(check.checkId)} onChange={() => toggle(check.checkId)} /></Table.Td>}
          <Table.Td w={110} role="cell" className="checks-status"><StatusMark status={shownStatus(check.status)} /></Table.Td>
          <Table.Td miw={220} maw={320} role="cell" className="checks-name">
            <Group gap={6} wrap="nowrap">
              <Anchor component={Link} to={`/checks/${check.checkId}`} fw={600} size="sm" c="inherit" className="foreign">{check.name}</Anchor>
              {check.muted && <IconBellOff size={14} role="img" aria-label="muted" />}
            </Group>
            <Group gap={6} mt={2}>
              <Text size="xs" c="dimmed" className="foreign">{check.target}</Text>
              {check.tags.slice(0, TAGS_SHOWN).map((tag) => <Badge key={tag} size="xs" variant="outline" color="gray" c="dimmed" tt="none" fw={500}>{tag}</Badge>)}
              {check.tags.length > TAGS_SHOWN && <Text size="xs" c="dimmed">+{check.tags.length - TAGS_SHOWN}</Text>}
            </Group>
          </Table.Td>
          <Table.Td w={200} role="cell" className="checks-bar"><ResultBar name={check.name} states={check.bar} runs={check.barRuns} fromMs={Date.parse(from)} bucketMs={bucketSeconds * 1_000} /></Table.Td>
          <Table.Td role="cell" className="checks-availability"><Text size="sm" className="tabular">{check.availability === null ? '–' : percentText(check.availability)}</Text></Table.Td>
          <Table.Td role="cell" className="checks-p95"><Text size="sm" className="tabular" style={{ whiteSpace: 'nowrap' }}>{check.p95Ms === null ? '–' : durationText(check.p95Ms * 1_000)}</Text></Table.Td>
          <Table.Td style={{ whiteSpace: 'nowrap' }} role="cell" className="checks-last">{check.lastRunAt === null ? <Text size="sm" c="dimmed">–</Text> : <TimeAgo at={check.lastRunAt} />}</Table.Td>
          <Table.Td maw={160} role="cell" className="checks-places"><Text size="xs" c="dimmed" truncate title={placesOf(check).join(', ')}>{shortly(placesOf(check))}</Text></Table.Td>
          <Table.Td w={44} ta="right" role="cell" className="checks-menu"><CheckMenu check={check} /></Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

function placesOf({ locations, privateLocations }: Overview['entries'][number]): readonly string[] {
  return [...locations, ...privateLocations];
}

/** All are in the title: a tall row hides the ones under it. */
function shortly(places: readonly string[]): string {
  return places.length <= 1 ? places.join('') : `${places[0]} +${places.length - 1}`;
}
