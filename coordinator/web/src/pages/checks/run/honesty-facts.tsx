import { durationText } from '../../../parts/ago-text.ts';
import { exactTime } from '../../../parts/time-text.tsx';
import type { ResultWire } from '../wire.ts';

/** When it was due and when it ran, by which clock, and how wrong the numbers may be. */
export function HonestyFacts({ result }: { readonly result: ResultWire }) {
  const seen = result.tcpCheckResult;
  const { clock } = seen;
  const signed = (us: number): string => `${us < 0 ? '−' : '+'}${durationText(Math.abs(us))}`;
  return (
    <dl className="facts">
      <dt>Due</dt><dd>{exactTime(Date.parse(seen.dueAt))}; started {durationText(Math.max(seen.latenessUs, 0))} later</dd>
      <dt>Measured</dt><dd>by the {clock.source === 'kernel' ? 'kernel' : 'agent'}, each time within {durationText(clock.uncertaintyUs)}; the event loop was late by {durationText(clock.loopDelayUs)} at most</dd>
      <dt>Agent's clock</dt><dd>{signed(clock.offsetUs)} from the coordinator's, known within {durationText(clock.errorUs)}</dd>
      {seen.synRetransmits !== undefined && <><dt>SYN retransmits</dt><dd>{seen.synRetransmits}</dd></>}
      <dt>Location</dt><dd>{seen.locations.owed === seen.locations.executed ? seen.locations.executed : `owed by ${seen.locations.owed}, executed in ${seen.locations.executed}`}</dd>
      <dt>Agent</dt><dd><code>{seen.agentId}</code></dd>
      <dt>Run</dt><dd><code>{result.sequenceId}</code>, attempt {result.attempts}{result.resultType === 'ATTEMPT' ? ', followed by a retry' : ''}</dd>
      <dt>Definition</dt><dd>{seen.checkRevision === null ? 'not saved' : `revision ${seen.checkRevision}`}</dd>
      <dt>Stored</dt><dd>{exactTime(Date.parse(result.created_at))}{seen.isSurplus ? '; a surplus run, whose turn had been given away: never judged or counted' : ''}</dd>
    </dl>
  );
}
