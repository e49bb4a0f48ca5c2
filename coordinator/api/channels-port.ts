/** Alert channels and who is subscribed, as the API needs them of the store. */
import type { ChannelType } from '../channels/channel-kinds.ts';

export type Subscription = {
  readonly id: number;
  /** One of the two. */
  readonly checkId: string | null;
  readonly groupId: number | null;
  readonly activated: boolean;
};
export type SubscriptionWrite = Omit<Subscription, 'id'>;

export type ChannelSwitches = {
  readonly sendFailure: boolean;
  readonly sendDegraded: boolean;
  readonly sendRecovery: boolean;
  readonly sslExpiry: boolean;
  readonly sslExpiryThreshold: number;
  readonly autoSubscribe: boolean;
};

type Config = Readonly<Record<string, unknown>>;

export type StoredChannel = ChannelSwitches & {
  readonly id: number;
  readonly type: ChannelType;
  /** With `[redacted]` where a secret is. */
  readonly config: Config;
  readonly subscriptions: readonly Subscription[];
  /** Why nothing is sent to it, until it is changed. */
  readonly disabledReason: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

/** `config` whole and valid; a secret given as `[redacted]` is the one from before. */
export type ChannelWrite = ChannelSwitches & { readonly type: ChannelType; readonly config: Config; readonly subscriptions: readonly SubscriptionWrite[] | null };

/** Fields whose secret was not given, and checks or groups that are not there. */
export type ChannelTrouble = { readonly kind: 'missing'; readonly paths: readonly string[] };

export type ChannelStore = {
  listChannels(accountId: string, page: { readonly limit: number; readonly page: number }): Promise<{ readonly entries: readonly StoredChannel[]; readonly total: number }>;
  getChannel(accountId: string, id: number): Promise<StoredChannel | null>;
  createChannel(accountId: string, write: ChannelWrite): Promise<StoredChannel | ChannelTrouble>;
  replaceChannel(accountId: string, id: number, write: ChannelWrite): Promise<StoredChannel | 'not_found' | ChannelTrouble>;
  deleteChannel(accountId: string, id: number): Promise<boolean>;
  /** One is added or changed. `missing`: there is no such check or group. */
  putSubscription(accountId: string, channelId: number, subscription: SubscriptionWrite): Promise<Subscription | ChannelTrouble>;
  /** These and no others. */
  setSubscriptions(accountId: string, channelId: number, subscriptions: readonly SubscriptionWrite[]): Promise<readonly Subscription[] | ChannelTrouble>;
  /** Ids of all channels, and which of them subscribe to new checks by themselves. */
  listChannelIds(accountId: string): Promise<readonly { readonly id: number; readonly autoSubscribe: boolean }[]>;
};
