import './home.css';
import { Checkbox, VisuallyHidden } from '@mantine/core';
import { useCallback, useEffect, useRef } from 'react';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { CheckRow } from './check-row.tsx';
import type { Overview } from './overview.ts';

export function CheckTable({ overview, chosen, onChoose }: { readonly overview: Overview; readonly chosen: ReadonlySet<string>; readonly onChoose: (chosen: ReadonlySet<string>) => void }) {
  const { entries, from, bucketSeconds } = overview;
  const mayChoose = useMay()('checks:write');
  const areAll = entries.length > 0 && entries.every(({ checkId }) => chosen.has(checkId));
  const latest = useRef({ chosen, onChoose });
  useEffect(() => { latest.current = { chosen, onChoose }; });
  const toggle = useCallback((id: string): void => {
    const next = new Set(latest.current.chosen);
    if (!next.delete(id)) next.add(id);
    latest.current.onChoose(next);
  }, []);
  return (
    <DataTable
      label="Checks" minWidth={880} className="checks"
      columns={[
        ...(mayChoose ? [<Checkbox key="all" size="xs" aria-label="Choose all on this page" checked={areAll} indeterminate={!areAll && chosen.size > 0} onChange={() => onChoose(new Set(areAll ? [] : entries.map(({ checkId }) => checkId)))} />] : []),
        'Status', 'Check', 'Results', 'Availability', 'p95', 'Last run', 'Locations', <VisuallyHidden key="actions">Actions</VisuallyHidden>,
      ]}
    >
      {entries.map((check) => (
        <CheckRow
          key={check.checkId} check={check} fromMs={Date.parse(from)} bucketMs={bucketSeconds * 1_000}
          isChosen={mayChoose ? chosen.has(check.checkId) : null} onToggle={toggle}
        />
      ))}
    </DataTable>
  );
}
