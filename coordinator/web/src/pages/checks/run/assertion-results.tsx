import { Table, Text } from '@mantine/core';
import { IconCircleCheckFilled, IconSquareRoundedXFilled } from '@tabler/icons-react';
import { COMPARISON_WORDS, SOURCE_WORDS, takesTarget, unitOf } from '../form/assertion-words.ts';
import type { ResultWire } from '../wire.ts';
import { visibleText } from './bytes.ts';

/** Each assertion with what was expected and what was there. */
export function AssertionResults({ assertions }: { readonly assertions: ResultWire['tcpCheckResult']['assertions'] }) {
  if (assertions.length === 0) return <Text size="sm" c="dimmed">None were judged: there was no answer to look at.</Text>;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Assertions">
      <Table verticalSpacing={6} fz="sm">
        <Table.Thead><Table.Tr><Table.Th w={90}>Result</Table.Th><Table.Th>Expected</Table.Th><Table.Th>Actual</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {assertions.map((assertion, index) => (
            <Table.Tr key={index}>
              <Table.Td style={{ verticalAlign: 'top' }}>
                <span style={{ display: 'inline-flex', gap: 6, alignItems: 'center' }}>
                  {assertion.passed ? <IconCircleCheckFilled size={16} color="var(--sonde-passing)" aria-hidden /> : <IconSquareRoundedXFilled size={16} style={{ color: 'var(--sonde-failing)' }} aria-hidden />}
                  {assertion.passed ? 'holds' : 'fails'}
                </span>
              </Table.Td>
              <Table.Td style={{ verticalAlign: 'top' }} className="foreign">
                {SOURCE_WORDS[assertion.source]}{assertion.property === '' ? '' : <> <code>{visibleText(assertion.property)}</code></>} {COMPARISON_WORDS[assertion.comparison]}{' '}
                {takesTarget(assertion.comparison) && <code>{visibleText(assertion.target)}{unitOf(assertion.source)}</code>}
              </Table.Td>
              <Table.Td style={{ verticalAlign: 'top' }} className="foreign">
                {assertion.actual === '' ? <Text span size="sm" c="dimmed">empty</Text> : <code>{visibleText(assertion.actual)}</code>}
                {assertion.error !== undefined && <Text size="xs" c="dimmed">{visibleText(assertion.error)}</Text>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
