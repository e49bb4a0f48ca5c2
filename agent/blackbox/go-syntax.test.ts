import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { goName } from './distinguished-name.ts';
import { parseGoDuration } from './go-duration.ts';
import { fillGoTemplate, parseGoTemplate } from './go-template.ts';
import { ipAddressHash } from './ip-hash.ts';
import { probeTimeoutMs } from './scrape-timeout.ts';
import { splitTarget } from './split-target.ts';

describe("Go's spelling", () => {
  it.each([
    ['5s', 5000], ['1m30s', 90_000], ['500ms', 500], ['.5s', 500], ['1.5h', 5_400_000], ['+2s', 2000], ['0', 0], ['250us', 0.25],
    ['5', null], ['', null], ['-1s', null], ['1d', null], ['5 s', null], ['s', null], ['1s2', null],
  ])('of a duration, %j, is %j ms', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms);
  });

  it.each([
    ['a $1 b', 'a ONE b'], ['${1}x', 'ONEx'], ['$1x', ''], ['$name!', 'N!'], ['$$1', '$1'], ['$', '$'], ['$-', '$-'],
    ['${}', '${}'], ['${1', '${1'], ['$0', 'ALL'], ['$01', ''], ['$9', ''], ['héé', 'héé'],
  ])('of a template, %j, fills to %j', (template, filled) => {
    const groups: Record<string | number, string> = { 0: 'ALL', 1: 'ONE', name: 'N' };
    const bytes = fillGoTemplate(parseGoTemplate(Buffer.from(template)), (group) => (groups[group] === undefined ? null : Buffer.from(groups[group])));
    expect(Buffer.from(bytes).toString()).toBe(filled);
  });

  // What prometheus-blackbox-exporter 0.23 gives for the same addresses and names.
  it.each([['127.0.0.1', 3668918509], ['::1', 1751717746]])('of the hash of %s is %d', (address, hash) => {
    expect(ipAddressHash(address)).toBe(hash);
  });

  it.each([
    ['C=DE, O=Root\\, Inc, CN=Root CA', 'CN=Root CA,O=Root\\, Inc,C=DE'],
    ['C=DE, ST=Berlin, L=Berlin, O=Ex\\ , OU=B, CN=localhost, emailAddress=a@b.example',
      'CN=localhost,OU=B,O=Ex\\ ,L=Berlin,ST=Berlin,C=DE,1.2.840.113549.1.9.1=#0c0b6140622e6578616d706c65'],
    ['OU=A, OU=B, DC=example', 'OU=A+OU=B,0.9.2342.19200300.100.1.25=#13076578616d706c65'],
    ['', ''],
  ])('of the name %j is %j', (name, shown) => {
    expect(goName(name)).toBe(shown);
  });
});

describe('the time of a probe', () => {
  it.each([
    [undefined, null, 119_500], ['10', null, 9_500], ['10', 3_000, 3_000], ['2', 5_000, 1_500], ['0.3', null, 300], ['0', 5_000, 5_000],
    ['soon', 5_000, null], ['-1', 5_000, null], ['Infinity', null, null], ['NaN', null, null],
  ])('of a scrape of %j s with a module of %j ms is %j ms', (header, moduleMs, ms) => {
    expect(probeTimeoutMs(header, moduleMs)).toBe(ms);
  });
});

describe('a target', () => {
  it.each([
    ['a.example:80', { ok: true, host: 'a.example', port: 80 }], ['[::1]:443', { ok: true, host: '::1', port: 443 }],
    ['a.example', { ok: false }], ['::1:80', { ok: false }], ['tcp://a:80', { ok: false }], ['a:0', { ok: false }], ['a:65536', { ok: false }], ['a:smtp', { ok: false }],
  ])('%j is read as %j', (target, wanted) => {
    expect(splitTarget(target)).toMatchObject(wanted);
  });
});
