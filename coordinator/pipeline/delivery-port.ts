/** What delivery needs of the store. */
import type { Notice } from '../alerting/notice.ts';
import type { ChannelType } from '../channels/channel-kinds.ts';
import type { Answer } from '../channels/outgoing.ts';

/** A delivery that is being attempted, by whoever holds this. */
export type ClaimedDelivery = {
  readonly id: string;
  readonly accountId: string;
  /** Counts up for good: the fencing number of the claim. */
  readonly attempt: number;
  /** Since it was created, or sent again by hand; 1 for the first. */
  readonly attemptOfThisSend: number;
  readonly notice: Notice;
  readonly channel: StoredChannel;
};

/** As stored: secrets apart and sealed. */
export type StoredChannel = {
  readonly id: number;
  readonly accountId: string;
  readonly type: ChannelType;
  readonly name: string;
  readonly shown: Readonly<Record<string, unknown>>;
  readonly sealed: Uint8Array | null;
};

/** What becomes of a delivery after an attempt. */
export type DeliveryStep =
  | { readonly kind: 'delivered' }
  /** `holdsChannel`: the other side asked for this pause, and the channel's others keep it, too. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly isRateLimited: boolean; readonly holdsChannel: boolean }
  | { readonly kind: 'dead' }
  /** Dead, and its channel disabled: the other side is gone for good. */
  | { readonly kind: 'gone' };

export type FinishedDelivery = {
  readonly step: DeliveryStep;
  readonly answer: Answer;
  /** Told through other channels, once, if the channel is given up on; null: never (it is such a notice itself). */
  readonly failingNotice: Notice | null;
};

export type DeliveryStore = {
  /** The delivery, if it is due, nobody else's, and its channel's turn; otherwise null, and queued for when it is. */
  claimDelivery(id: string): Promise<ClaimedDelivery | null>;
  /** False when the claim is not the newest any more: nothing is changed. */
  finishDelivery(claimed: ClaimedDelivery, finished: FinishedDelivery): Promise<boolean>;
  /** Queues deliveries that are overdue and that nobody attempts, at most so many; how many it were. */
  requeueStuck(max: number): Promise<number>;
  /** Works on the queue until `signal` aborts. Resolves when jobs under way have ended, or were given up on. */
  runDeliveryJobs(deliver: (id: string) => Promise<void>, options: { readonly concurrency: number; readonly signal: AbortSignal }): Promise<void>;
};
