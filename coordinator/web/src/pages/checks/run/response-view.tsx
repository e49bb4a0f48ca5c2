import { ActionIcon, Button, Group, SegmentedControl, Stack, Text, Tooltip } from '@mantine/core';
import { IconCheckupList } from '@tabler/icons-react';
import { useState } from 'react';
import type { ResultWire } from '../wire.ts';
import { bytesOf, escapedText, hexRows, sizeText, visibleText } from './bytes.ts';

const LINES_FIRST = 200;
const HEX_ROWS_FIRST = 128;
const CONTAINS_CHARS_MAX = 200;

/** What the target answered: read, raw or in hex; always text, whatever the bytes are. */
export function ResponseView({ seen, onAssert }: { readonly seen: ResultWire['tcpCheckResult']; readonly onAssert?: (contained: string) => void }) {
  const [view, setView] = useState<'rendered' | 'raw' | 'hex'>('rendered');
  const [isWhole, setWhole] = useState(false);
  const { response, bytesReceived } = seen;
  const bytes = bytesOf(response);
  if (bytesReceived === 0) return <Text size="sm" c="dimmed">Nothing was received.</Text>;
  const lines = view === 'rendered' ? response.text.split(/\r?\n/) : view === 'raw' ? escapedText(bytes).split('\n') : hexRows(bytes, isWhole ? Number.POSITIVE_INFINITY : HEX_ROWS_FIRST);
  const all = view === 'hex' ? Math.ceil(bytes.length / 16) : lines.length;
  const first = view === 'hex' ? HEX_ROWS_FIRST : LINES_FIRST;
  const shown = isWhole ? lines : lines.slice(0, first);
  return (
    <Stack gap={8}>
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed">{sizeText(bytesReceived)}{response.isTruncated ? `, of which ${sizeText(bytes.length)} were kept` : ''}{response.base64 === undefined ? '' : ', not all of it text'}</Text>
        <SegmentedControl size="xs" aria-label="How the response is shown" value={view} onChange={(value) => setView(value as typeof view)} data={[{ value: 'rendered', label: 'Text' }, { value: 'raw', label: 'Raw' }, { value: 'hex', label: 'Hex' }]} />
      </Group>
      <div className="bytes foreign" tabIndex={0} role="group" aria-label="What was received" data-view={view}>
        {view === 'rendered' && onAssert !== undefined
          ? shown.map((line, index) => <AssertableLine key={index} line={line} onAssert={onAssert} />)
          : <pre>{view === 'rendered' ? visibleText(shown.join('\n')) : shown.join('\n')}</pre>}
      </div>
      {!isWhole && all > first && <div><Button size="compact-xs" variant="default" onClick={() => setWhole(true)}>Show all {all.toLocaleString()} lines</Button></div>}
    </Stack>
  );
}

/** A line of the answer that one click turns into an assertion; not where it would not be found again as it stands. */
function AssertableLine({ line, onAssert }: { readonly line: string; readonly onAssert: (contained: string) => void }) {
  const wanted = line.slice(0, CONTAINS_CHARS_MAX).toWellFormed();
  const canAssert = wanted.trim() !== '' && !/[\u0000\ufffd]/.test(wanted);
  return (
    <div className="bytes-line">
      <pre>{visibleText(line) || ' '}</pre>
      {canAssert && (
        <Tooltip label="Assert that the response contains this line">
          <ActionIcon size="sm" variant="subtle" onClick={() => onAssert(wanted)} aria-label={`Assert that the response contains ${visibleText(wanted).slice(0, 60)}`}><IconCheckupList size={15} /></ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}
