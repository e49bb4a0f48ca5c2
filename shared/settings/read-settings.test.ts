import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readSettings } from './read-settings.ts';
import { Secret } from './secret.ts';
import { optional, required, type Setting, withDefault } from './setting.ts';
import { unknownVariables } from './unknown-variables.ts';
import * as values from './values.ts';

const words = { about: 'a thing', hint: 'Try another.' };
const schema = {
  port: withDefault('SONDE_PORT', values.portOrAny(), '8080', words),
  key: optional('SONDE_KEY', values.token(), 'none', { ...words, secrecy: 'secret' }),
  database: required('DATABASE_URL', values.postgresUrl(), { ...words, secrecy: 'url' }),
} as const;

describe('reading settings', () => {
  it('takes what is set, defaults for what is not, and an empty variable as not set', () => {
    const read = readSettings(schema, { DATABASE_URL: 'postgres://h/d', SONDE_PORT: '', SONDE_KEY: ' 0123456789abcdef ' });
    expect(read.ok && [read.settings.port, read.settings.key?.reveal(), read.settings.database.reveal()]).toEqual([8080, '0123456789abcdef', 'postgres://h/d']);
  });

  it('tells every problem at once, each with variable, value, limit and hint', () => {
    const read = readSettings(schema, { SONDE_PORT: '70000' });
    expect(!read.ok && read.problems).toEqual([
      {
        variable: 'SONDE_PORT', value: '70000', limit: 'a port from 1 to 65535, or 0 for any free one', hint: 'Try another.',
        message: "SONDE_PORT is '70000' but must be a port from 1 to 65535, or 0 for any free one. Try another.",
      },
      { variable: 'DATABASE_URL', value: null, limit: 'set', hint: 'Try another.', message: 'DATABASE_URL is not set and must be set. Try another.' },
    ]);
  });

  it('shows no secret in a problem, and of a URL all but the password', () => {
    const read = readSettings(schema, { SONDE_KEY: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@h/d?password=hunter2' });
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toContain('hunter2');
    expect(JSON.stringify(read)).toContain('mysql://me:redacted@h/d');
  });

  it('hands secrets out wrapped, so that no log prints them', () => {
    const secret = new Secret('hunter2');
    expect([String(secret), JSON.stringify({ secret }), inspect({ secret }), secret.reveal()]).toEqual(['[redacted]', '{"secret":"[redacted]"}', '{ secret: [redacted] }', 'hunter2']);
  });
});

describe('what a value may be', () => {
  const judge = (schemaOf: Setting<unknown>['schema'], text: string): unknown => {
    const parsed = schemaOf.safeParse(text);
    if (!parsed.success) return 'refused';
    return parsed.data instanceof Secret ? parsed.data.reveal() : parsed.data;
  };

  it.each([
    [values.portOrAny(), '0', 0], [values.portOrAny(), '65535', 65_535], [values.portOrAny(), '65536', 'refused'],
    [values.portOrAny(), '80a', 'refused'], [values.portOrAny(), '-1', 'refused'], [values.portOrAny(), '1e3', 'refused'],
    [values.integer(1, 20_000), '20001', 'refused'],
    [values.flag(), '1', true], [values.flag(), '0', false], [values.flag(), 'yes', 'refused'],
    [values.oneOf(['dns', 'system']), 'DNS', 'dns'], [values.oneOf(['dns', 'system']), 'hosts', 'refused'],
    [values.host(), '::1', '::1'], [values.host(), 'a.example', 'a.example'], [values.host(), 'a.example:80', 'refused'],
    [values.host(), 'http://a', 'refused'], [values.host(), '127.1', 'refused'],
    [values.hostAndPort(), 'a.example:8090', { host: 'a.example', port: 8090 }],
    [values.hostAndPort(), '[::1]:8090', { host: '::1', port: 8090 }],
    [values.hostAndPort(), '::1:8090', 'refused'], [values.hostAndPort(), 'a.example', 'refused'],
    [values.hostAndPort(), 'a.example:70000', 'refused'], [values.hostAndPort(), 'a:0', 'refused'],
    [values.httpUrl(), 'http://a:1/', 'http://a:1'], [values.httpUrl(), 'a:1', 'refused'],
    [values.postgresUrl(), 'postgresql://u:p@h/d', 'postgresql://u:p@h/d'], [values.postgresUrl(), 'h/d', 'refused'],
    [values.token(), 'a b c d e f g h i j', 'refused'], [values.token(), '0123456789abcde', 'refused'],
    [values.keyOf32Bytes(), '00'.repeat(32), new Uint8Array(32)], [values.keyOf32Bytes(), `${'A'.repeat(43)}=`, new Uint8Array(32)],
    [values.keyOf32Bytes(), '00'.repeat(31), 'refused'],
    [values.networks(), '10.0.0.1/8', 'refused'], [values.networks(), 'ten', 'refused'],
  ] as [Setting<unknown>['schema'], string, unknown][])('%#: %s %j', (schemaOf, text, wanted) => {
    expect(judge(schemaOf, text)).toEqual(wanted);
  });

  it('reads a list of networks and lone addresses', () => {
    expect(values.networks().parse('127.0.0.0/8, ::1').map(({ text, prefix }) => [text, prefix])).toEqual([['127.0.0.0/8', 8], ['::1', 128]]);
  });

  it.each([['localhost', true], ['127.8.8.8', true], ['::1', true], ['127.example', false], ['10.0.0.1', false], ['0.0.0.0', false]])('loopback %s: %s', (host, wanted) => {
    expect(values.isLoopbackHost(host)).toBe(wanted);
  });
});

describe('variables nobody reads', () => {
  it('are named, with the nearest one there is', () => {
    expect(unknownVariables({ SONDE_HTP_PORT: '1', SONDE_HTTP_PORT: '1', SONDE_QQQQQQQ: '1', OTHER: '1' }, ['SONDE_HTTP_PORT', 'SONDE_DATA_DIR'])).toEqual([
      'SONDE_HTP_PORT is no setting of Sonde and has no effect: did you mean SONDE_HTTP_PORT?',
      'SONDE_QQQQQQQ is no setting of Sonde and has no effect',
    ]);
  });
});
