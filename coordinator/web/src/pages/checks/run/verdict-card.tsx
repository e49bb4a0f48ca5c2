import { Group, Text } from '@mantine/core';
import { durationText } from '../../../parts/ago-text.ts';
import type { ResultWire } from '../wire.ts';
import { visibleText } from './bytes.ts';
import { failureSentence, isExpectedFailure } from './failure-sentence.ts';
import { OUTCOMES, OutcomeMark } from './outcome-mark.tsx';

/** What came of it, in a line and, when it failed, in a sentence. */
export function Verdict({ result }: { readonly result: ResultWire }) {
  const seen = result.tcpCheckResult;
  const sentence = failureSentence(seen);
  return (
    <div className="verdict" style={{ borderInlineStartColor: OUTCOMES[seen.outcome].color }} data-outcome={seen.outcome}>
      <Group gap="md" justify="space-between">
        <OutcomeMark outcome={seen.outcome} size="lg" />
        <Text fw={600} size="lg" className="tabular">{durationText(seen.timings.total)}</Text>
      </Group>
      {sentence !== null && <Text mt={6} className="foreign" data-testid="failure-sentence">{visibleText(isExpectedFailure(seen) ? `As it should: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}` : sentence)}</Text>}
      {result.overMaxResponseTime && <Text size="sm" c="dimmed" mt={4}>The time limit was reached.</Text>}
    </div>
  );
}
