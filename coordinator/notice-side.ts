import type { Log } from '#shared/log.ts';
import type { Clock } from '#shared/time/clock.ts';
import { ChannelSender, type ReadVariables } from './channels/channel-sender.ts';
import { smtpSender } from './channels/email/send-email.ts';
import { guardedHttp } from './channels/http/guarded-request.ts';
import type { NoticeSettings } from './config.ts';
import { NoticeDelivery, type NoticeDeliveryDeps } from './pipeline/deliver-notices.ts';

export type NoticeSideDeps = Pick<NoticeDeliveryDeps, 'store' | 'openSecrets' | 'ids' | 'random'> & {
  readonly settings: NoticeSettings;
  readonly readVariables: ReadVariables;
  /** Where people reach the dashboard; null as long as nobody does. */
  readonly publicUrl: () => string | null;
  readonly clock: Clock;
  readonly log: Log;
};

/** Joins channels, their doors and the queue of deliveries: everything of the coordinator that tells people. */
export class NoticeSide {
  readonly sender: ChannelSender;
  readonly delivery: NoticeDelivery;

  constructor(deps: NoticeSideDeps) {
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

  /** Resolves when nothing is under way any more, after the signal aborted. */
  async settled(): Promise<void> {
    await this.delivery.settled();
    await this.sender.close();
  }
}
