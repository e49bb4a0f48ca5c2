import { Button, Select, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { CSSProperties } from 'react';
import { ASSERTION_SOURCES, type AssertionComparison, type AssertionSource } from '#shared/check/check.ts';
import type { AssertionWire } from '../wire.ts';
import { COMPARISON_WORDS, SOURCE_WORDS, takesTarget, unitOf } from './assertion-words.ts';
import { comparisonsOf, NEW_ASSERTION } from './draft.ts';
import { useCheckForm } from './form-context.ts';
import { Section } from './section.tsx';
import { RowActions } from './row-actions.tsx';

const MONO = { input: { fontFamily: 'var(--mantine-font-family-monospace)' } };

export function AssertionsSection() {
  const form = useCheckForm();
  const { assertions } = form.values.request;
  return (
    <Section id="assertions" title="Assertions" about="All are judged, top to bottom; any that fails fails the check. Run the check to make them from its answer.">
      {assertions.length === 0 && <Text size="sm" c="dimmed">None: a connection in time is enough.</Text>}
      <ol style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 10 }}>
        {assertions.map((assertion, index) => <AssertionRow key={index} index={index} assertion={assertion} count={assertions.length} />)}
      </ol>
      <div><Button size="xs" variant="default" leftSection={<IconPlus size={14} />} onClick={() => form.insertListItem('request.assertions', { ...NEW_ASSERTION })}>Assertion</Button></div>
    </Section>
  );
}

function AssertionRow({ index, assertion, count }: { readonly index: number; readonly assertion: AssertionWire; readonly count: number }) {
  const form = useCheckForm();
  const at = `request.assertions.${index}`;
  const name = `Assertion ${index + 1}`;
  const setSource = (source: AssertionSource): void => {
    const comparisons = comparisonsOf(source);
    form.setFieldValue(at, { ...assertion, source, property: source === 'RESPONSE_DATA' ? assertion.property : '', comparison: comparisons.includes(assertion.comparison) ? assertion.comparison : comparisons[0]! });
  };
  return (
    <li className="check-row check-row-card">
      <div className="check-assertion" style={{ '--columns': assertion.source !== 'RESPONSE_DATA' && takesTarget(assertion.comparison) ? 3 : 2 } as CSSProperties}>
        <Select aria-label={`${name}: source`} allowDeselect={false} data={ASSERTION_SOURCES.map((value) => ({ value, label: SOURCE_WORDS[value] }))} value={assertion.source} onChange={(value) => setSource(value as AssertionSource)} error={form.errors[`${at}.source`]} />
        {assertion.source === 'RESPONSE_DATA' && (
          <TextInput aria-label={`${name}: part of the response, as a regular expression`} placeholder="all of it, or (regex)" styles={MONO} spellCheck={false} {...form.getInputProps(`${at}.property`)} />
        )}
        <Select aria-label={`${name}: comparison`} allowDeselect={false} data={comparisonsOf(assertion.source).map((value) => ({ value, label: COMPARISON_WORDS[value] }))} value={assertion.comparison} onChange={(value) => form.setFieldValue(`${at}.comparison`, value as AssertionComparison)} error={form.errors[`${at}.comparison`]} />
        {takesTarget(assertion.comparison) && (
          <TextInput aria-label={`${name}: target`} placeholder={placeholderOf(assertion)} styles={MONO} spellCheck={false} rightSection={unitOf(assertion.source) === '' ? undefined : <Text size="xs" c="dimmed" pr={10}>{unitOf(assertion.source)}</Text>} rightSectionWidth={48} {...form.getInputProps(`${at}.target`)} />
        )}
      </div>
      <RowActions what={`assertion ${index + 1}`} list="request.assertions" index={index} count={count} />
    </li>
  );
}

function placeholderOf({ source, comparison }: AssertionWire): string {
  if (comparison === 'MATCHES' || comparison === 'NOT_MATCHES') return '^220 .*ESMTP';
  if (source === 'RESPONSE_DATA') return '+PONG';
  if (source === 'RESOLVED_ADDRESS') return '192.0.2.7';
  return source === 'FAILURE_CODE' ? 'ECONNREFUSED' : '200';
}
