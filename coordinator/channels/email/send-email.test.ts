import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#shared/settings/secret.ts';
import { aNotice } from '../../alerting/testing/a-notice.ts';
import { messageOf } from '../message.ts';
import { judgeAnswer } from '../judge-answer.ts';
import { renderEmail } from './render-email.ts';
import { smtpSender } from './send-email.ts';

const received: { readonly from: string; readonly to: readonly string[]; readonly raw: string }[] = [];
let server: SMTPServer;
let url: Secret;
let refusal: { code: number; message: string } | null = null;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true,
    onAuth: (auth, _session, done) => (auth.password === 'right' ? done(null, { user: 'u' }) : done(Object.assign(new Error('bad login'), { responseCode: 535 }))),
    onRcptTo: (_address, _session, done) => done(refusal ? Object.assign(new Error(refusal.message), { responseCode: refusal.code }) : undefined),
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), raw: Buffer.concat(parts).toString('utf8') });
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', () => resolve()); });
  url = new Secret(`smtp://u:right@127.0.0.1:${(server.server.address() as AddressInfo).port}`);
});
afterAll(() => new Promise<void>((resolve) => { server.close(() => resolve()); }));

const from = 'Sonde <alerts@sonde.example>';
const mailOf = (notice = aNotice(), deliveryId = 'd-1') => renderEmail(notice, messageOf(notice, 'https://sonde.example'), { to: 'ops@example.com', deliveryId });
const verdictOf = async (address: Secret) => {
  const answer = await smtpSender({ url: address, from })(mailOf());
  return [judgeAnswer('EMAIL', answer, 0).kind, answer.kind === 'unanswered' ? answer.code : answer.status];
};

describe('an email', () => {
  it('arrives with what to know and do, as text and as HTML, in the thread of its alert', async () => {
    expect(await smtpSender({ url, from })(mailOf())).toMatchObject({ kind: 'answered', status: 250 });
    const [{ raw, ...envelope }] = received.splice(0) as [typeof received[number]];
    const mail = await PostalMime.parse(raw);
    expect(envelope).toEqual({ from: 'alerts@sonde.example', to: ['ops@example.com'] });
    expect([mail.subject, mail.from?.address, mail.messageId]).toEqual(['🔴 Redis EU is failing: connection refused by 10.0.0.5:6379', 'alerts@sonde.example', '<d-1@sonde.example>']);
    expect([mail.inReplyTo, mail.headers.find(({ key }) => key === 'auto-submitted')?.value]).toEqual([`<${aNotice().alertId}@sonde.example>`, 'auto-generated']);
    const link = `https://sonde.example/checks/${aNotice().check?.id}/runs/${aNotice().result?.runId}`;
    for (const body of [mail.text, mail.html]) {
      for (const words of ['10.0.0.5:6379', 'connect: ECONNREFUSED', 'Frankfurt (eu-central-1)', '1 of 2 locations', '2026-11-22 11:59:00 UTC', link]) expect(body).toContain(words);
    }
  });

  it('shows what a target says as text: no header, no mark, no link of it', async () => {
    const evil = 'x\r\nBcc: evil@example.com <img src=https://evil.example/p.gif> "\'` <script>alert(1)</script> \u202e';
    await smtpSender({ url, from })(mailOf(aNotice({ title: evil, text: evil, check: { ...aNotice().check!, name: evil } })));
    const [{ raw, to }] = received.splice(0) as [typeof received[number]];
    const mail = await PostalMime.parse(raw);
    expect([to, mail.bcc, mail.headers.filter(({ key }) => key === 'bcc')]).toEqual([['ops@example.com'], undefined, []]);
    expect(mail.html).not.toMatch(/<img|<script|https:\/\/evil|\u202e/);
    expect(mail.text).not.toMatch(/https:\/\/evil|\u202e/);
  });

  it('is tried again when the server is busy, away or refuses the login, and not when it refuses the message', async () => {
    refusal = { code: 451, message: 'try later' };
    expect(await verdictOf(url)).toEqual(['retry', 'SMTP_451']);
    refusal = { code: 550, message: 'no such user' };
    expect(await verdictOf(url)).toEqual(['refused', 'SMTP_REFUSED']);
    refusal = null;
    expect(await verdictOf(new Secret(url.reveal().replace(':right@', ':wrong@')))).toEqual(['retry', 'SMTP_535']);
    expect((await verdictOf(new Secret('smtp://127.0.0.1:1')))[0]).toBe('retry');
  });
});
