import { Group, Text } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleDashed, IconClockFilled, IconSquareRoundedXFilled, type Icon } from '@tabler/icons-react';

/** How things other than checks are. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle' | 'waiting';

const TONES: Readonly<Record<Tone, { readonly icon: Icon; readonly color: string }>> = {
  good: { icon: IconCircleCheckFilled, color: 'var(--sonde-passing)' },
  warn: { icon: IconAlertTriangleFilled, color: 'var(--sonde-degraded)' },
  bad: { icon: IconSquareRoundedXFilled, color: 'var(--sonde-failing)' },
  idle: { icon: IconCircleDashed, color: 'var(--sonde-paused)' },
  waiting: { icon: IconClockFilled, color: 'var(--sonde-paused)' },
};

/** Shape, colour and word, like `StatusMark`. */
export function ToneMark({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  const { icon: Icon, color } = TONES[tone];
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={18} color={color} aria-hidden style={{ flexShrink: 0 }} />
      <Text size="sm" fw={550}>{children}</Text>
    </Group>
  );
}
