import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { durationText } from '../../../parts/ago-text.ts';
import type { TimingsWire } from '../wire.ts';
import { waterfall } from './phases.ts';

/** Where the time of an attempt went, to the µs. `act`: what stands behind a row. */
export function Waterfall({ timings, act }: { readonly timings: TimingsWire; readonly act?: (phase: string, us: number) => ReactNode }) {
  const rows = waterfall(timings);
  const totalUs = Math.max(timings.total, 1);
  return (
    <>
      <div className="waterfall" role="table" aria-label="Where the time went">
        {rows.map(({ key, name, about, color, fromUs, us }) => (
          <div role="row" key={key} className="waterfall-row" data-acts={act !== undefined}>
            <Text role="rowheader" size="sm" title={about}>{name}</Text>
            <div role="cell" className="waterfall-track" aria-label={`from ${fromUs} µs`}>
              <div className="waterfall-bar" style={{ marginLeft: `${(fromUs / totalUs) * 100}%`, width: `max(2px, ${(us / totalUs) * 100}%)`, background: color }} />
            </div>
            <Text role="cell" size="sm" className="tabular" ta="right" title={durationText(us)}>{us.toLocaleString('en')} µs</Text>
            <Text role="cell" size="xs" c="dimmed" className="tabular" ta="right">{Math.round((us / totalUs) * 100)} %</Text>
            {act !== undefined && <div role="cell">{act(key, us)}</div>}
          </div>
        ))}
        <div role="row" className="waterfall-row waterfall-total" data-acts={act !== undefined}>
          <Text role="rowheader" size="sm" fw={600}>Total</Text>
          <span role="cell" />
          <Text role="cell" size="sm" fw={600} className="tabular" ta="right">{timings.total.toLocaleString('en')} µs</Text>
          <Text role="cell" size="xs" c="dimmed" className="tabular" ta="right">{durationText(timings.total)}</Text>
          {act !== undefined && <div role="cell">{act('total', timings.total)}</div>}
        </div>
      </div>
      {timings.idle > 0 && <Text size="xs" c="dimmed" mt={6}>Then {durationText(timings.idle)} of silence found the end of the answer, outside the total.</Text>}
    </>
  );
}
