import { Text } from '@mantine/core';
import { IconCircleCheckFilled, IconSquareRoundedXFilled } from '@tabler/icons-react';
import { durationText } from '../../../parts/ago-text.ts';
import type { ResultWire } from '../wire.ts';
import { visibleText } from './bytes.ts';

const WORDS = { expect: 'Expected', send: 'Sent', startTls: 'Started TLS' } as const;

/** Each step of a dialogue, what it saw or said, and how long it took. */
export function DialogueSteps({ steps }: { readonly steps: ResultWire['tcpCheckResult']['steps'] }) {
  return (
    <ol style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 6 }}>
      {steps.map(({ kind, us, ok, detail }, index) => (
        <li key={index} style={{ display: 'grid', gridTemplateColumns: '18px 88px minmax(0, 1fr) auto', gap: 8, alignItems: 'baseline' }}>
          <span style={{ alignSelf: 'center', lineHeight: 0 }}>
            {ok ? <IconCircleCheckFilled size={16} color="var(--sonde-passing)" aria-label="done" role="img" /> : <IconSquareRoundedXFilled size={16} style={{ color: 'var(--sonde-failing)' }} aria-label="failed" role="img" />}
          </span>
          <Text size="sm" c="dimmed">{WORDS[kind]}</Text>
          <code className="foreign" style={{ fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5, whiteSpace: 'pre-wrap' }}>{visibleText(detail)}</code>
          <Text size="sm" className="tabular" c="dimmed">{durationText(us)}</Text>
        </li>
      ))}
    </ol>
  );
}
