import type { Secret } from '#shared/settings/secret.ts';
import { SIGNS, type Message } from './message.ts';
import { escapeXml, oneLine, withoutLinks } from './neutral-text.ts';
import type { HttpRequest, Outgoing } from './outgoing.ts';

/** A provider with Twilio's HTTP API, as the operator set it. */
export type TwilioSettings = { readonly url: string; readonly account: string; readonly token: Secret; readonly from: string };

/** Three or four parts of a text message; nobody reads more on a lock screen. */
const SMS_MAX = 450;
const SPOKEN_MAX = 600;

/** A text message (`Messages.json`) or a call that says the same twice (`Calls.json` with its TwiML). */
export function renderTwilio(kind: 'SMS' | 'CALL', message: Message, number: string, twilio: TwilioSettings | null): HttpRequest | Extract<Outgoing, { kind: 'unsendable' }> {
  if (!twilio) {
    return { kind: 'unsendable', code: 'NOT_CONFIGURED', reason: `no provider for ${kind === 'SMS' ? 'text messages' : 'calls'} is set; the operator sets SONDE_TWILIO_ACCOUNT, SONDE_TWILIO_TOKEN and SONDE_TWILIO_FROM` };
  }
  const form = new URLSearchParams({ To: number, From: twilio.from, ...(kind === 'SMS' ? { Body: smsText(message) } : { Twiml: spoken(message) }) });
  return {
    method: 'POST', isOperators: true,
    url: `${twilio.url.replace(/\/+$/, '')}/2010-04-01/Accounts/${encodeURIComponent(twilio.account)}/${kind === 'SMS' ? 'Messages' : 'Calls'}.json`,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${twilio.account}:${twilio.token.reveal()}`).toString('base64')}`,
    },
    body: form.toString(),
  };
}

function smsText({ severity, title, text, link }: Message): string {
  const end = link ? ` ${link.url}` : '';
  return `${SIGNS[severity]} ${withoutLinks(oneLine(`${title}. ${text}`, SMS_MAX - end.length))}${end}`;
}

function spoken({ title, text }: Message): string {
  const said = escapeXml(oneLine(`Sonde alert. ${title}. ${text}`, SPOKEN_MAX));
  return `<Response><Say>${said}</Say><Pause length="1"/><Say>${said}</Say></Response>`;
}
