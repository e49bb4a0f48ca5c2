import type { Log } from '#shared/log.ts';
import { type Clock, sleep } from '#shared/time/clock.ts';
import type { ChannelSender } from '../channels/channel-sender.ts';
import type { Answer } from '../channels/outgoing.ts';
import { type ConfigSecrets, joinConfig } from '../channels/split-config.ts';
import type { ClaimedDelivery, DeliveryStore, StoredChannel } from './delivery-port.ts';
import { channelFailingNotice, deliveryStep } from './delivery-step.ts';

/** Attempts under way at once; most of the time they wait for others. */
const CONCURRENCY = 16;
/** Deliveries whose coordinator died are found this often … */
const LOOK_FOR_STUCK_EVERY_MS = 10_000;
/** … at most so many at once. */
const STUCK_MAX = 500;

/**
 * Delivers notices: at least once, with the same id at every attempt. Any number of coordinators share the queue.
 *
 * A delivery is pending until it is delivered, dead (given up on, can be sent again) or dropped (its channel was
 * deleted, or it would have waited too long for its turn). An attempt is claimed, made and finished in three steps;
 * between two of them a crash may happen: the claim runs out after a minute and another attempt is made.
 */
export class NoticeDelivery {
  readonly #deps: NoticeDeliveryDeps;
  #loops: Promise<unknown> = Promise.resolve();
  /** Attempts since the start, by what became of them. */
  readonly counts = { delivered: 0, again: 0, dead: 0, gone: 0 };
  /** When the queue was last seen working; for the dead man's switch. */
  progressAtMs: number;

  constructor(deps: NoticeDeliveryDeps) {
    this.#deps = deps;
    this.progressAtMs = deps.clock.nowMs();
  }

  start(signal: AbortSignal): void {
    const { store } = this.#deps;
    this.#loops = Promise.all([
      store.runDeliveryJobs((id) => this.deliver(id), { concurrency: CONCURRENCY, signal }),
      this.#lookForStuck(signal),
    ]);
  }

  /** Resolves when the loops have ended, after the signal aborted. */
  async settled(): Promise<void> {
    await this.#loops;
  }

  /** One attempt, if it is due. Throws only when the store cannot be reached: the job is then tried again. */
  async deliver(id: string): Promise<void> {
    const { store, clock, log, random, ids } = this.#deps;
    const claimed = await store.claimDelivery(id);
    this.progressAtMs = clock.nowMs();
    if (!claimed) return;
    const { answer, verdict } = await this.#attempt(claimed);
    const step = deliveryStep(verdict, claimed.attemptOfThisSend, random());
    const failingNotice = step.kind === 'delivered' ? null
      : channelFailingNotice(claimed, { id: ids(), nowMs: clock.nowMs(), why: wordsOf(answer), isDisabled: step.kind === 'gone' });
    const isOurs = await store.finishDelivery(claimed, { step, answer, failingNotice });
    this.counts[step.kind] += 1;
    if (!isOurs) log.warn({ deliveryId: id, attempt: claimed.attempt }, 'an attempt took so long that another was made');
    if (step.kind === 'dead' || step.kind === 'gone') log.warn({ deliveryId: id, channelId: claimed.channel.id, why: wordsOf(answer) }, 'a notice could not be delivered');
  }

  async #attempt(claimed: ClaimedDelivery) {
    const { openSecrets, sender, log } = this.#deps;
    const { channel, notice, id } = claimed;
    const secrets = openSecrets(channel);
    if (!secrets) return unsent('NOT_CONFIGURED', 'the secrets of the channel cannot be opened with the present master keys; save the channel again', 'refused');
    try {
      return await sender.send({ ...channel, config: joinConfig(channel.shown, secrets) }, notice, id);
    } catch (error) {
      log.warn({ err: error, deliveryId: id }, 'an attempt to deliver a notice broke off');
      return unsent('ERROR', 'something went wrong in the coordinator; its log says what', 'retry');
    }
  }

  async #lookForStuck(signal: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#deps;
    while (!signal.aborted) {
      await sleep(clock, LOOK_FOR_STUCK_EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        const found = await store.requeueStuck(STUCK_MAX);
        this.progressAtMs = clock.nowMs();
        if (found > 0) log.info({ found }, 'deliveries that nobody attended to are queued again');
      } catch (error) {
        log.warn({ err: error }, 'could not look for deliveries that nobody attends to; trying again');
      }
    }
  }
}

export type NoticeDeliveryDeps = {
  readonly store: DeliveryStore;
  readonly sender: Pick<ChannelSender, 'send'>;
  /** null: not by any key there is. A channel without secrets has none. */
  readonly openSecrets: (channel: Pick<StoredChannel, 'id' | 'accountId' | 'sealed'>) => ConfigSecrets | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: () => string;
  /** In [0, 1). */
  readonly random: () => number;
};

function unsent(code: string, message: string, verdict: 'refused' | 'retry') {
  const answer: Answer = { kind: 'unanswered', code, message };
  return { answer, verdict: verdict === 'refused' ? { kind: 'refused' } as const : { kind: 'retry', afterMs: null, isRateLimited: false } as const };
}

function wordsOf(answer: Answer): string {
  if (answer.kind === 'unanswered') return answer.message;
  return `the answer was ${answer.status} ${answer.statusText}${answer.body === '' ? '' : `: ${answer.body.slice(0, 200)}`}`;
}
