import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleDashed, IconPlayerPauseFilled, IconSquareRoundedXFilled, type Icon } from '@tabler/icons-react';

export type Status = 'passing' | 'degraded' | 'failing' | 'no-data' | 'paused';

/** Word, shape and colour: no one of them alone carries the meaning. */
export const STATUSES: Readonly<Record<Status, { readonly word: string; readonly icon: Icon; readonly color: string }>> = {
  passing: { word: 'Passing', icon: IconCircleCheckFilled, color: 'var(--sonde-passing)' },
  degraded: { word: 'Degraded', icon: IconAlertTriangleFilled, color: 'var(--sonde-degraded)' },
  failing: { word: 'Failing', icon: IconSquareRoundedXFilled, color: 'var(--sonde-failing)' },
  'no-data': { word: 'No data', icon: IconCircleDashed, color: 'var(--sonde-paused)' },
  paused: { word: 'Inactive', icon: IconPlayerPauseFilled, color: 'var(--sonde-paused)' },
};

export function StatusMark({ status, size = 'sm', withWord = true }: { readonly status: Status; readonly size?: 'sm' | 'lg'; readonly withWord?: boolean }) {
  const { word, icon: Icon, color } = STATUSES[status];
  return (
    <span style={{ display: 'flex', alignItems: 'center', gap: 6 }}>
      <Icon size={size === 'lg' ? 24 : 18} color={color} aria-hidden={withWord} {...(withWord ? {} : { 'aria-label': word, role: 'img' })} style={{ flexShrink: 0, color }} />
      {withWord && <span style={{ fontSize: `var(--mantine-font-size-${size})`, fontWeight: 550, lineHeight: `var(--mantine-line-height-${size})` }}>{word}</span>}
    </span>
  );
}
