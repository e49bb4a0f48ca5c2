import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { ChannelTester } from './api/deliveries-port.ts';
import { ChannelSender, type ReadVariables } from './channels/channel-sender.ts';
import { smtpSender } from './channels/email/send-email.ts';
import { guardedHttp } from './channels/http/guarded-request.ts';
import type { Attempted } from './channels/outgoing.ts';
import { joinConfig, splitConfig } from './channels/split-config.ts';
import { testNotice } from './channels/test-notice.ts';
import type { NoticeSettings } from './config.ts';
import { NoticeDelivery, type NoticeDeliveryDeps } from './pipeline/deliver-notices.ts';
import type { StoredChannel } from './pipeline/delivery-port.ts';
import type { DeliveryChannels } from './store/delivery-log.ts';

export type NoticeSideDeps = Pick<NoticeDeliveryDeps, 'openSecrets' | 'ids' | 'random'> & {
  readonly store: NoticeDeliveryDeps['store'] & DeliveryChannels;
  readonly settings: NoticeSettings;
  readonly readVariables: ReadVariables;
  /** Where people reach the dashboard; null as long as nobody does. */
  readonly publicUrl: () => string | null;
  readonly clock: Clock;
  readonly log: Log;
};

/** Joins channels, their doors and the queue of deliveries: everything of the coordinator that tells people. */
export class NoticeSide implements ChannelTester {
  readonly #deps: NoticeSideDeps;
  readonly sender: ChannelSender;
  readonly delivery: NoticeDelivery;

  constructor(deps: NoticeSideDeps) {
    this.#deps = deps;
    const { settings, clock, readVariables, publicUrl } = deps;
    this.sender = new ChannelSender({
      clock, readVariables, publicUrl, twilio: settings.twilio,
      http: guardedHttp(settings.webhooks), email: smtpSender({ url: settings.smtpUrl, from: settings.smtpFrom }),
    });
    this.delivery = new NoticeDelivery({ ...deps, sender: this.sender });
  }

  start(signal: AbortSignal): void {
    this.delivery.start(signal);
  }

  async testSaved(accountId: string, channelId: number): Promise<Attempted | null> {
    const channel = await this.#deps.store.findDeliveryChannel(accountId, channelId);
    if (!channel) return null;
    return this.#test(accountId, { ...channel, config: this.#whole(channel) ?? channel.shown });
  }

  async testUnsaved(
    accountId: string, { type, config, savedId }: Parameters<ChannelTester['testUnsaved']>[1],
  ): Promise<Attempted | { readonly missing: readonly string[] }> {
    const saved = savedId === null ? null : await this.#deps.store.findDeliveryChannel(accountId, savedId);
    const { shown, secrets, missing } = splitConfig(type, config, saved?.type === type ? this.#whole(saved) : null);
    return missing.length > 0 ? { missing } : this.#test(accountId, { id: savedId ?? 0, accountId, type, config: joinConfig(shown, secrets) });
  }

  #whole(channel: StoredChannel): Readonly<Record<string, unknown>> | null {
    const secrets = this.#deps.openSecrets(channel);
    return secrets && joinConfig(channel.shown, secrets);
  }

  #test(accountId: string, channel: Parameters<ChannelSender['send']>[0]): Promise<Attempted> {
    const { ids, clock } = this.#deps;
    return this.sender.send(channel, testNotice(accountId, { id: ids(), nowMs: clock.nowMs() }), ids());
  }

  /** Resolves when nothing is under way any more, after the signal aborted. */
  async settled(): Promise<void> {
    await this.delivery.settled();
    await this.sender.close();
  }
}
