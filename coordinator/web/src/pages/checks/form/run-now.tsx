import { Accordion, ActionIcon, Button, Card, Group, Select, Stack, Text, Title, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheckupList, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/api.ts';
import { fieldErrors } from '../../../api/api-problem.ts';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import { AssertionResults } from '../run/assertion-results.tsx';
import { CertificateFacts } from '../run/certificate-facts.tsx';
import { DialogueSteps } from '../run/dialogue-steps.tsx';
import { ResponseView } from '../run/response-view.tsx';
import { Verdict } from '../run/verdict-card.tsx';
import { Waterfall } from '../run/waterfall.tsx';
import type { AssertionWire, CheckWire, LocationWire, ResultWire } from '../wire.ts';
import { assertionOfPhase } from './assertion-from-result.ts';
import { bodyOf, fieldOf } from './draft.ts';
import { useCheckForm } from './form-context.ts';

/** Runs what is in the form, unsaved, from a location, and shows everything that came of it. */
export function RunNow({ locations, before }: { readonly locations: readonly LocationWire[]; readonly before: CheckWire | null }) {
  const form = useCheckForm();
  const { values } = form;
  const [chosen, setChosen] = useState<string | null>(null);
  const location = chosen ?? values.locations[0] ?? values.privateLocations[0] ?? locations.find(({ liveAgents }) => liveAgents > 0)?.code ?? null;
  const run = useMutation({
    mutationFn: (code: string) => {
      const { name, groupId: _group, alertChannelSubscriptions: _subscriptions, ...definition } = bodyOf(values, before);
      return api.post<ResultWire>('/v1/checks/tcp/run', { ...definition, ...(name === '' ? {} : { name }), location: code });
    },
    onError: (error) => form.setErrors(Object.fromEntries(Object.entries(fieldErrors(error)).map(([path, text]) => [fieldOf(path), text]))),
  });
  const assert = (assertion: AssertionWire): void => {
    form.insertListItem('request.assertions', assertion);
    notifications.show({ message: 'Added to the assertions.', color: 'teal', position: 'top-center', autoClose: 2_500 });
  };
  return (
    <Card component="section" aria-labelledby="run-now-title">
      <Title order={2} size="h4" id="run-now-title">Try it</Title>
      <Text size="sm" c="dimmed" mt={2} mb="sm">Runs what is in the form. Neither saved nor counted, and nobody is alerted.</Text>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Select
          label="From" style={{ flex: 1 }} placeholder="No location yet" allowDeselect={false} value={location} onChange={setChosen}
          data={locations.map(({ code, name, liveAgents }) => ({ value: code, label: `${name}${liveAgents === 0 ? ' (no agent)' : ''}` }))}
        />
        <Button leftSection={<IconPlayerPlayFilled size={14} />} loading={run.isPending} disabled={location === null} onClick={() => { if (location !== null) run.mutate(location); }}>Run now</Button>
      </Group>
      <div aria-live="polite">
        {run.error !== null && <div style={{ marginTop: 12 }}><ProblemAlert error={run.error} title="It could not be run" /></div>}
        {run.data !== undefined && !run.isPending && <Stack gap="md" mt="md" data-testid="run-result"><InlineResult result={run.data} onAssert={assert} /></Stack>}
      </div>
    </Card>
  );
}

function InlineResult({ result, onAssert }: { readonly result: ResultWire; readonly onAssert: (assertion: AssertionWire) => void }) {
  const seen = result.tcpCheckResult;
  return (
    <>
      <Verdict result={result} />
      <Waterfall
        timings={seen.timings}
        act={(phase, us) => {
          const assertion = assertionOfPhase(phase, us);
          return assertion === null ? null : <AssertButton label={`Assert ${assertion.source.toLowerCase().replaceAll('_', ' ')} below ${assertion.target} ms`} onClick={() => onAssert(assertion)} />;
        }}
      />
      <div>
        <Title order={3} size="h6" mb={6}>Response</Title>
        <ResponseView seen={seen} onAssert={(target) => onAssert({ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target })} />
      </div>
      {seen.steps.length > 0 && <div><Title order={3} size="h6" mb={6}>Dialogue</Title><DialogueSteps steps={seen.steps} /></div>}
      {seen.assertions.length > 0 && <div><Title order={3} size="h6" mb={6}>Assertions</Title><AssertionResults assertions={seen.assertions} /></div>}
      <Accordion variant="default" chevronPosition="left" order={3} styles={{ control: { paddingInline: 4 }, label: { fontSize: 14 } }}>
        <Accordion.Item value="connection">
          <Accordion.Control>Connection{seen.tls === null ? '' : ' and certificate'}</Accordion.Control>
          <Accordion.Panel>
            <dl className="facts">
              <dt>Address</dt>
              <dd>
                {seen.resolvedAddress ?? 'none'}{' '}
                {seen.resolvedAddress !== null && <AssertButton label="Assert this resolved address" onClick={() => onAssert({ source: 'RESOLVED_ADDRESS', property: '', comparison: 'EQUALS', target: seen.resolvedAddress! })} />}
              </dd>
              <dt>From</dt><dd>{seen.localAddress ?? 'unknown'}</dd>
              {seen.error !== null && <><dt>Failure</dt><dd>{seen.error.code}{' '}<AssertButton label="Assert this failure code" onClick={() => onAssert({ source: 'FAILURE_CODE', property: '', comparison: 'EQUALS', target: seen.error!.code })} /></dd></>}
              {Object.entries(seen.captures).map(([name, value]) => <Capture key={name} name={name} value={value} />)}
            </dl>
            {seen.tls !== null && (
              <>
                <CertificateFacts tls={seen.tls} />
                <Button size="compact-xs" variant="light" mt="xs" onClick={() => onAssert({ source: 'CERTIFICATE_DAYS_LEFT', property: '', comparison: 'GREATER_THAN', target: '14' })}>Assert more than 14 days left</Button>
              </>
            )}
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </>
  );
}

function Capture({ name, value }: { readonly name: string; readonly value: string }) {
  return <><dt className="foreign">{name}</dt><dd className="foreign">{value}</dd></>;
}

function AssertButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return <Tooltip label={label}><ActionIcon size="sm" variant="subtle" onClick={onClick} aria-label={label}><IconCheckupList size={15} /></ActionIcon></Tooltip>;
}
