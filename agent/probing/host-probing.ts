import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '#shared/time/clock.ts';
import { asClonable } from './as-clonable.ts';
import type { FromProbing, ToProbing } from './messages.ts';
import { Outbox } from './outbox.ts';
import { ownBytes } from './own-bytes.ts';
import { ProbingSide, type SideSettings } from './probing-side.ts';
import type { ShotAnswer } from '../executor/executor.ts';

/** The probing thread's end of the wire: does what it is told and tells what it saw, in order. Returned: tells what it has seen so far, at once. */
export function hostProbing(port: Pick<MessagePort, 'on' | 'postMessage' | 'close'>, settings: SideSettings, { clock, roomBytes }: {
  readonly clock: Clock;
  /** See Outbox. */
  readonly roomBytes?: number;
}): () => void {
  const tell = (message: FromProbing, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const outbox = new Outbox({
    clock, ...(roomBytes === undefined ? {} : { roomBytes }),
    post: (rows, bytes, transfer) => tell({ kind: 'rows', rows, bytes }, transfer),
  });
  let errorsLeft = ERRORS_A_REPORT_MAX;
  const side = new ProbingSide(settings, clock, {
    onResult: (result) => outbox.addResult(result),
    onGap: (missed) => outbox.addGap(missed),
    onOmitted: (count) => tell({ kind: 'omitted', count }),
    onAttemptError: (error) => {
      errorsLeft -= 1;
      if (errorsLeft >= 0) tell({ kind: 'attemptError', error: asClonable(error) });
    },
    hasRoom: () => outbox.hasRoom,
  });

  const stop = async (drainMs: number): Promise<void> => {
    await side.stop(drainMs);
    outbox.flush();
    tell({ kind: 'stopped' });
    port.close();
  };

  port.on('message', (message: ToProbing) => {
    switch (message.kind) {
      case 'apply': return side.apply(message.sinceMs, message.upserts, message.removals);
      case 'endAt': return side.endAt(message.lastSlotMs);
      case 'clockOffset': return side.setClockOffset(message.offset);
      case 'impaired': return side.setImpaired(message.isImpaired);
      case 'location': return side.setLocation(message.location);
      case 'shoot': return side.shoot(message.shot, (answer) => tell({ kind: 'answered', runId: message.shot.runId, answer: asOwn(answer) }));
      case 'taken': return outbox.taken(message.bytes);
      case 'report':
        errorsLeft = ERRORS_A_REPORT_MAX;
        return tell({ kind: 'report', report: side.report() });
      case 'stop': return void stop(message.drainMs);
    }
  });
  tell({ kind: 'ready' });
  return () => outbox.flush();
}

function asOwn(answer: ShotAnswer): ShotAnswer {
  if (answer.kind === 'refused') return answer;
  const { report } = answer.result;
  return { kind: 'result', result: { ...answer.result, report: { ...report, response: ownBytes(report.response) } } };
}

/** In the second between two reports; a bug that strikes at every attempt is not told a thousand times. */
const ERRORS_A_REPORT_MAX = 10;
