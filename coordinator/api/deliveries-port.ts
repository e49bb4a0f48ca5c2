/** The log of deliveries and trying out channels, as the API needs them. Every method sees one account only. */
import type { ChannelType } from '../channels/channel-kinds.ts';
import type { Attempted, Answer } from '../channels/outgoing.ts';

export type DeliveryState = 'pending' | 'delivered' | 'dead' | 'dropped';

/** One notice on its way to one channel. */
export type DeliveryRecord = {
  readonly id: string;
  readonly noticeId: string;
  readonly kind: string;
  readonly title: string;
  readonly channelId: number;
  readonly channelType: string;
  readonly channelName: string;
  /** The channel as it was, without secrets. */
  readonly channelConfig: Readonly<Record<string, unknown>>;
  readonly state: DeliveryState;
  readonly isRateLimited: boolean;
  readonly attempts: number;
  /** What the other side said last; null before the first attempt. */
  readonly answer: Answer | null;
  readonly createdAtMs: number;
  /** When it is tried next; of the past where it is over. */
  readonly dueAtMs: number;
  readonly deliveredAtMs: number | null;
  readonly alertId: string | null;
  readonly checkId: string | null;
  readonly resultId: string | null;
};

export type DeliveryFilter = {
  readonly limit: number;
  readonly page: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly channelId?: number;
  readonly checkId?: string;
  readonly hasFailures?: boolean;
};

export type DeliveryLogStore = {
  /** Newest first. */
  listDeliveries(accountId: string, filter: DeliveryFilter): Promise<{ readonly entries: readonly DeliveryRecord[]; readonly total: number }>;
  /** Due at once, with the same id. `pending`: it is on its way already. */
  resendDelivery(accountId: string, id: string): Promise<DeliveryRecord | 'pending' | 'not_found'>;
};

export type ChannelTester = {
  /** null: there is no such channel. */
  testSaved(accountId: string, channelId: number): Promise<Attempted | null>;
  /** As a form has it: a secret given as `[redacted]` is that of the saved channel; `missing` names those that are nowhere. */
  testUnsaved(accountId: string, channel: { readonly type: ChannelType; readonly config: Readonly<Record<string, unknown>>; readonly savedId: number | null }):
    Promise<Attempted | { readonly missing: readonly string[] }>;
};
