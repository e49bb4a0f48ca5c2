import { createTransport } from 'nodemailer';
import type { Secret } from '#shared/settings/secret.ts';
import { plainText } from '../neutral-text.ts';
import type { Answer, Mail } from '../outgoing.ts';

/** `url` null: no server is set. */
export type EmailSettings = { readonly url: Secret | null; readonly from: string };

export type SendEmail = (mail: Mail) => Promise<Answer>;

/** A server that says nothing for this long is away; a greeting may be held back for a while against spam. */
const TIMEOUT_MS = 15_000;

/** Sends through the operator's SMTP server, a connection at a time. Never throws: what went wrong is the answer. */
export function smtpSender({ url, from }: EmailSettings): SendEmail {
  if (!url) {
    return async () => ({ kind: 'unanswered', code: 'NOT_CONFIGURED', message: 'no mail server is set; the operator sets SONDE_SMTP_URL, for example smtp://user:password@mail.example:587' });
  }
  const transport = createTransport({
    url: url.reveal(), connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS, dnsTimeout: TIMEOUT_MS,
    disableFileAccess: true, disableUrlAccess: true,
  });
  const domain = /@([^@>\s]+)/.exec(from)?.[1] ?? 'localhost';
  return async ({ to, subject, text, html, messageId, thread }) => {
    const threadId = thread === null ? null : `<${thread}@${domain}>`;
    try {
      const sent = await transport.sendMail({
        from, to: { name: '', address: to }, subject, text, html, messageId: `<${messageId}@${domain}>`,
        ...(threadId ? { inReplyTo: threadId, references: threadId } : {}),
        headers: { 'X-Sonde-Delivery': messageId, 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      });
      return { kind: 'answered', status: 250, statusText: plainText(sent.response ?? '', 500), retryAfter: null, body: '' };
    } catch (error) {
      return failureOf(error as Error & { code?: string; responseCode?: number; response?: string });
    }
  };
}

/** 4xx is for later; 5xx is the server's last word about this message. A refused login is not about the message. */
function failureOf({ code = 'SMTP', responseCode, response, message }: Error & { code?: string; responseCode?: number; response?: string }): Answer {
  if (responseCode === undefined) return { kind: 'unanswered', code, message: `the mail server could not be used (${code}): ${plainText(message, 300)}` };
  const said = plainText(response ?? message, 500);
  if (responseCode >= 500 && code !== 'EAUTH') return { kind: 'unanswered', code: 'SMTP_REFUSED', message: `the mail server refused the message: ${said}` };
  return { kind: 'unanswered', code: `SMTP_${responseCode}`, message: `the mail server said: ${said}` };
}
