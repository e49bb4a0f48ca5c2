import { Accordion, ActionIcon, Button, Title, Tooltip } from '@mantine/core';
import { IconCheckupList } from '@tabler/icons-react';
import { AssertionResults } from '../run/assertion-results.tsx';
import { CertificateFacts } from '../run/certificate-facts.tsx';
import { DialogueSteps } from '../run/dialogue-steps.tsx';
import { ResponseView } from '../run/response-view.tsx';
import { Verdict } from '../run/verdict-card.tsx';
import { Waterfall } from '../run/waterfall.tsx';
import type { AssertionWire, ResultWire } from '../wire.ts';
import { assertionOfPhase } from './assertion-from-result.ts';

/** All that came of a run, each part of it an assertion by one click. */
export function RunResult({ result, onAssert }: { readonly result: ResultWire; readonly onAssert: (assertion: AssertionWire) => void }) {
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
