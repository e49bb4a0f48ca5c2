import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { presets } from '#shared/check/presets.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import type { Exchange } from './recording-engine.ts';
import { runPreset } from './run-preset.ts';

type Transcript = {
  readonly preset: string;
  readonly server: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly implicitTls: boolean;
  readonly refusal: string | null;
  readonly exchange: Exchange;
};

/** What real servers said, byte for byte; `presets-against-real-servers.ts --record` writes it. */
const transcripts = JSON.parse(readFileSync(new URL('./transcripts.json', import.meta.url), 'utf8')) as readonly Transcript[];

let ca = '';
let certificate: { readonly cert: string; readonly key: string };
beforeAll(async () => {
  const authority = await aTestAuthority();
  ca = authority.ca;
  certificate = await authority.issue();
});

let server: ScriptedServer | undefined;
afterEach(async () => { await server?.close(); });

/** The server's side of a transcript; each answer in pieces of at most `pieceBytes`. */
function scriptOf(exchange: Exchange, pieceBytes: number): readonly ServerAction[] {
  return exchange.map((turn): ServerAction => {
    if ('startTls' in turn) return { do: 'startTls', options: certificate };
    if ('sent' in turn) return { do: 'expect', text: latin1(turn.sent) };
    const bytes = latin1(turn.received);
    const parts = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) => bytes.slice(index * pieceBytes, (index + 1) * pieceBytes));
    return { do: 'segments', parts, gapMs: 1 };
  });
}

function latin1(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

function saidIn(exchange: Exchange): string {
  return exchange.map((turn) => ('sent' in turn ? latin1(turn.sent) : '')).join('');
}

const titled = transcripts.map((transcript, index) => [
  `${transcript.preset} and ${transcript.server}${transcript.implicitTls ? ' over TLS' : ''}${transcript.refusal === null ? '' : ', refused'} (${index})`, transcript,
] as const);

describe('what real servers said', () => {
  it('is there for every preset', () => {
    const seen = new Set(transcripts.filter(({ refusal }) => refusal === null).map(({ preset }) => preset));
    expect(presets.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });

  it.each(titled)('%s: has the same end, and the server hears the same bytes', async (_title, { preset, parameters, implicitTls, refusal, exchange }) => {
    server = await startScriptedServer(scriptOf(exchange, 100_000));
    const run = await runPreset({ preset, port: server.port, parameters, implicitTls }, ca);
    if (refusal === null) expect(run.judgement).toMatchObject({ outcome: 'passed', failure: null });
    else expect(run.judgement).toMatchObject({ outcome: 'failed', failure: { message: expect.stringContaining(refusal) } });
    expect(run.exchange.filter((turn) => !('received' in turn))).toEqual(exchange.filter((turn) => !('received' in turn)));
    await server.connections[0]?.closed;
    expect(server.connections[0]?.received()).toContain(saidIn(exchange).slice(-20));
  });

  it.each(titled.filter(([, { refusal }]) => refusal === null))('%s: in pieces of three bytes has the same end', async (_title, { preset, parameters, implicitTls, exchange }) => {
    server = await startScriptedServer(scriptOf(exchange, 3));
    const run = await runPreset({ preset, port: server.port, parameters, implicitTls }, ca);
    expect(run.judgement).toMatchObject({ outcome: 'passed', failure: null });
  });
});

const EXPECT = (text: string): ServerAction => ({ do: 'expect', text });
const SAY = (bytes: string): ServerAction => ({ do: 'send', bytes });
const LDAP_BOUND = '\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x31\x04\x00\x04\x00';

describe('other servers of the same kind', () => {
  it.each<readonly [string, string, boolean, readonly ServerAction[]]>([
    ['a mail server with a long greeting', 'smtp-plain', true, [
      SAY('220-mail.example\r\n220-We log everything.\r\n220 \r\n'), EXPECT('EHLO'), SAY('250 mail.example\r\n'), EXPECT('QUIT'), SAY('221\r\n'),
    ]],
    ['a mail server that offers STARTTLS last, in small letters', 'smtp', true, [
      SAY('220 a\r\n'), EXPECT('EHLO'), SAY('250-a\r\n250 starttls\r\n'), EXPECT('STARTTLS'), SAY('220 go\r\n'), { do: 'startTls', options: {} },
      EXPECT('EHLO'), SAY('250 a\r\n'), EXPECT('QUIT'), SAY('221 a\r\n'),
    ]],
    ['a mail server that speaks before TLS begins', 'smtp', false, [
      SAY('220 a\r\n'), EXPECT('EHLO'), SAY('250 STARTTLS\r\n'), EXPECT('STARTTLS'), SAY('220 go\r\n250 injected\r\n'), { do: 'silence' },
    ]],
    ['an FTP server with a text in its greeting', 'ftp-plain', true, [SAY('220-Hello\r\n 220 is not the end\r\n\r\n220 now\r\n'), EXPECT('QUIT'), SAY('221 bye\r\n')]],
    ['an SSH server with lines before its version', 'ssh', true, [SAY('Keep out\r\nSSH-2.0-dropbear_2022.83\r\n'), EXPECT('Sonde'), SAY('\x00\x00\x01\x04\x0a\x14')]],
    ['an SSH server of version 1', 'ssh', false, [SAY('SSH-1.5-old\r\n'), { do: 'close' }]],
    ['a directory that writes lengths in four bytes and names the operation again', 'ldap', true, [
      EXPECT('20037'), SAY('\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x161.3.6.1.4.1.1466.20037'),
      { do: 'startTls', options: {} }, EXPECT('\x60'), SAY(LDAP_BOUND),
    ]],
    ['a directory that refuses StartTLS', 'ldap', false, [EXPECT('20037'), SAY('\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00'), { do: 'close' }]],
    ['a database that refuses TLS', 'postgres', false, [EXPECT('\x16\x2f'), SAY('N'), { do: 'close' }]],
    ['a database without TLS that need not have it', 'postgres-plain', true, [EXPECT('\x16\x2f'), SAY('N')]],
    ['a database that has blocked this host', 'mysql', false, [SAY("\x45\x00\x00\x00\xff\x69\x04Host '192.0.2.2' is blocked"), { do: 'close' }]],
  ])('%s (%s): passes: %s', async (_what, preset, passes, script) => {
    server = await startScriptedServer(script.map((action) => (action.do === 'startTls' ? { do: 'startTls', options: certificate } : action)));
    const { judgement } = await runPreset({ preset, port: server.port }, ca, 2_000);
    expect([judgement.outcome, judgement.failure?.message ?? '']).toEqual(passes ? ['passed', ''] : ['failed', expect.stringMatching(/^step \d/)]);
  });
});
