import { Group, Text } from '@mantine/core';
import { IconAlertTriangleFilled, IconBan, IconCircleCheckFilled, IconRobotOff, IconSquareRoundedXFilled, type Icon } from '@tabler/icons-react';
import type { Outcome } from '../wire.ts';

/** Word, shape and colour of what came of a run. */
export const OUTCOMES: Readonly<Record<Outcome, { readonly word: string; readonly icon: Icon; readonly color: string }>> = {
  passed: { word: 'Passed', icon: IconCircleCheckFilled, color: 'var(--sonde-passing)' },
  degraded: { word: 'Degraded', icon: IconAlertTriangleFilled, color: 'var(--sonde-degraded)' },
  failed: { word: 'Failed', icon: IconSquareRoundedXFilled, color: 'var(--sonde-failing)' },
  agent_fault: { word: 'Agent fault', icon: IconRobotOff, color: 'var(--sonde-paused)' },
  egress_denied: { word: 'Egress denied', icon: IconBan, color: 'var(--sonde-paused)' },
};

export function OutcomeMark({ outcome, size = 'sm' }: { readonly outcome: Outcome; readonly size?: 'sm' | 'lg' }) {
  const { word, icon: Icon, color } = OUTCOMES[outcome];
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={size === 'lg' ? 24 : 17} color={color} aria-hidden style={{ flexShrink: 0, color }} />
      <Text size={size === 'lg' ? 'lg' : 'sm'} fw={size === 'lg' ? 600 : 500}>{word}</Text>
    </Group>
  );
}
