import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import { systemClock } from '#shared/time/clock.ts';
import { ChannelSender, type ChannelSenderDeps } from '../channel-sender.ts';
import { guardedHttp, type GuardSettings } from '../http/guarded-request.ts';

/** The guard as an operator opens it for this machine. */
export function loopbackGuard(changes: Partial<GuardSettings> = {}): GuardSettings {
  const parsed = parseCidrList('127.0.0.0/8');
  return { allowHttp: true, allowNetworks: parsed.ok ? parsed.list : [], ...changes };
}

export function aSender(changes: Partial<ChannelSenderDeps> = {}): ChannelSender {
  return new ChannelSender({
    clock: systemClock, http: guardedHttp(loopbackGuard()), twilio: null, publicUrl: () => 'https://sonde.example',
    email: async () => ({ kind: 'unanswered', code: 'NOT_CONFIGURED', message: 'no mail server' }),
    readVariables: async () => ({}),
    ...changes,
  });
}
