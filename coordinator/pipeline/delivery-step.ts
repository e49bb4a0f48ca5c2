import type { Notice } from '../alerting/notice.ts';
import type { DeliveryVerdict } from '../channels/outgoing.ts';
import type { ClaimedDelivery, DeliveryStep } from './delivery-port.ts';

const FIRST_DELAY_MS = 5_000;
const DELAY_FACTOR = 3;
const DELAY_MAX_MS = 3_600_000;
/** With the delays above about five hours in all: a night's outage of a service ends in dead letters, not in a flood. */
export const ATTEMPTS_MAX = 12;

/** What an attempt's verdict leads to. `random` in [0, 1). */
export function deliveryStep(verdict: DeliveryVerdict, attempt: number, random: number): DeliveryStep {
  switch (verdict.kind) {
    case 'delivered': return { kind: 'delivered' };
    case 'refused': return { kind: 'dead' };
    case 'gone': return { kind: 'gone' };
    case 'retry': {
      if (attempt >= ATTEMPTS_MAX) return { kind: 'dead' };
      const { afterMs, isRateLimited } = verdict;
      const delayMs = retryDelayMs(attempt, random);
      // Never before it was asked for; a little after, and not all at once.
      return { kind: 'again', delayMs: afterMs === null ? delayMs : afterMs + Math.round(random * Math.min(delayMs, 5_000)), isRateLimited, holdsChannel: afterMs !== null };
    }
  }
}

/** 5 s, 15 s, 45 s … at most an hour, each ± a quarter; after attempt n, 1 for the first. */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.round(Math.min(FIRST_DELAY_MS * DELAY_FACTOR ** (attempt - 1), DELAY_MAX_MS) * (0.75 + random / 2));
}

/** Told through the other channels of the account; about a notice of this kind there is none, or they would never end. */
export function channelFailingNotice(
  { notice, channel, accountId }: ClaimedDelivery, { id, nowMs, why, isDisabled }: { readonly id: string; readonly nowMs: number; readonly why: string; readonly isDisabled: boolean },
): Notice | null {
  if (notice.kind === 'channel_failing') return null;
  return {
    id, accountId, kind: 'channel_failing', alertType: null, alertId: null, isReminder: false, reminderSequence: 0,
    title: isDisabled ? `The channel '${channel.name}' is gone and was disabled` : `Alerts do not reach the channel '${channel.name}'`,
    text: [
      `The last one was: ${notice.title}`, `What happened: ${why}`,
      isDisabled ? 'Its address answered 410 Gone. Correct the address and save the channel to enable it again.' : 'It is tried again for some hours. Look at the log of deliveries, mend the channel, and send again what was missed.',
    ].join('\n'),
    createdAtMs: nowMs, sinceMs: null, check: null, location: null, result: null, failing: null, affected: null,
    channel: { id: channel.id, name: channel.name },
  };
}
