import { chmodSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aTestAuthority, type TestCertificate } from '#shared/testing/test-certificates.ts';
import { type AgentSecrets, openAgentSecrets } from './secrets.ts';

let billing: TestCertificate;
let other: TestCertificate;
beforeAll(async () => {
  const authority = await aTestAuthority();
  [billing, other] = [await authority.issue({ commonName: 'billing' }), await authority.issue({ commonName: 'other' })];
});

let dir: string;
let path: string;
let nowMs: number;
let said: { warnings: string[]; problems: string[]; rereads: number };
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-secrets-'));
  path = join(dir, 'secrets.yml');
  nowMs = 0;
  said = { warnings: [], problems: [], rereads: 0 };
  write('billing.crt', billing.cert);
  write('billing.key', billing.key);
});
afterEach(() => rmSync(dir, { recursive: true }));

const BOTH = 'clientCertificates:\n  billing: { certFile: billing.crt, keyFile: billing.key }\negress:\n  allow: [10.1.0.0/16, "fd00::/8"]\n  deny: 10.1.2.0/24\n';

/** In its place at once, as an editor or a renewal does it. */
function write(name: string, text: string, mode = 0o600): void {
  const aside = join(dir, `.${name}`);
  writeFileSync(aside, text);
  chmodSync(aside, mode);
  renameSync(aside, join(dir, name));
}

function open(): ReturnType<typeof openAgentSecrets> {
  return openAgentSecrets(path, () => nowMs, {
    onWarning: (warnings) => said.warnings.push(...warnings),
    onTrouble: (problems) => said.problems.push(...problems),
    onReread: () => { said.rereads += 1; },
  });
}

function opened(): AgentSecrets {
  const result = open();
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.secrets;
}

function problems(text: string): readonly string[] {
  write('secrets.yml', text);
  const result = open();
  return result.ok ? [] : result.problems.map((problem) => problem.replaceAll(`${dir}/`, ''));
}

describe("an agent's own secrets", () => {
  it('are texts, of the file or of one it names, each for the targets it is for', () => {
    write('redis-password', 'hunter2-hunter2\n');
    write('secrets.yml', 'secrets:\n  redis: { file: redis-password, targets: ["Redis.internal:6379", "[2001:db8::5]:6379"] }\n  smtp: { value: correct-horse, targets: "10.0.0.5:25" }\n');
    const secrets = opened();
    expect(secrets.secret('redis')).toEqual({ value: 'hunter2-hunter2', targets: ['redis.internal:6379', '2001:db8::5:6379'] });
    expect(secrets.secret('smtp')).toEqual({ value: 'correct-horse', targets: ['10.0.0.5:25'] });
    expect(secrets.secret('other')).toBeNull();
    expect(problems('secrets:\n  a: { value: correct-horse, file: x, targets: "10.0.0.5" }\n  b: { value: abc, targets: "h:1" }\n')).toEqual([
      'secrets.yml: secrets.a needs either a value or a file',
      "secrets.yml: secrets.a: targets must be host:port such as 10.0.0.5:6379 or [2001:db8::5]:6379, which '10.0.0.5' is not",
      'secrets.yml: secrets.b must have 4 to 4096 characters',
    ]);
  });

  it('are client certificates and networks, named relative to the file', () => {
    write('secrets.yml', BOTH);
    const secrets = opened();
    expect(secrets.clientCertificate('billing')).toEqual(billing);
    expect(secrets.clientCertificate('constructor')).toBe(null);
    expect(secrets.egress()).toMatchObject({ allow: [{ text: '10.1.0.0/16' }, { text: 'fd00::/8' }], deny: [{ text: '10.1.2.0/24' }] });
    expect(said).toEqual({ warnings: [], problems: [], rereads: 0 });
  });

  it('are none without a file', () => {
    const none = openAgentSecrets(null, () => 0, { onWarning() {}, onTrouble() {}, onReread() {} });
    expect(none.ok && [none.secrets.clientCertificate('billing'), none.secrets.egress()]).toEqual([null, { allow: [], deny: [] }]);
  });

  it('may be an empty file', () => {
    expect([problems(''), problems('egress:\n'), problems('clientCertificates: {}\n')]).toEqual([[], [], []]);
  });

  it('tell every problem at once, and show no key', () => {
    write('other.key', other.key);
    write('not.key', 'hunter2');
    expect(problems('clientCertificates:\n  a: { certFile: gone.crt, keyFile: not.key }\n  b: { certFile: billing.crt, keyFile: other.key }\negress: { allow: [10.1.0.1/16, ten], denny: [] }\n')).toEqual([
      "secrets.yml: there is no setting 'egress.denny'; did you mean deny?",
      'secrets.yml: clientCertificates.a: gone.crt cannot be read (ENOENT)',
      'secrets.yml: clientCertificates.a: not.key is no PEM private key without a passphrase',
      'secrets.yml: clientCertificates.b: the key in other.key does not belong to the certificate in billing.crt',
    ]);
    expect(problems('egress: { allow: [10.1.0.1/16, ten] }\n')).toEqual([
      "secrets.yml: egress.allow: '10.1.0.1/16' has bits beyond /16; write the network itself, or 10.1.0.1/32 for the one address",
      "secrets.yml: egress.allow: 'ten' is no network; write it as 10.0.0.0/8 or 2001:db8::/32",
    ]);
    expect(problems('- a\n')).toEqual(['secrets.yml must hold clientCertificates, secrets or egress']);
    expect(problems('egress: [').length).toBe(1);
    expect(problems('clientCertificates: { a: { certFile: billing.crt } }')).toEqual(['secrets.yml: clientCertificates.a.keyFile must be the name of a PEM file']);
    unlinkSync(path);
    expect(open()).toEqual({ ok: false, problems: [`${path} cannot be read (ENOENT)`], files: [] });
  });

  it('that everybody may read are warned of', () => {
    write('secrets.yml', BOTH, 0o644);
    write('billing.key', billing.key, 0o604);
    opened();
    expect(said.warnings).toEqual([`${join(dir, 'billing.key')} can be read by every user of this machine; use chmod 600`, `${path} can be read by every user of this machine; use chmod 600`]);
  });
});

describe('a change of the secrets', () => {
  it('takes effect within a second, also of a certificate that was renewed', () => {
    write('secrets.yml', BOTH);
    const secrets = opened();
    write('secrets.yml', BOTH.replace('10.1.2.0/24', '10.1.0.0/16'));
    expect(secrets.egress().deny[0]?.text).toBe('10.1.2.0/24');
    nowMs += 1_000;
    expect(secrets.egress().deny[0]?.text).toBe('10.1.0.0/16');
    write('billing.crt', other.cert);
    write('billing.key', other.key);
    nowMs += 1_000;
    expect(secrets.clientCertificate('billing')).toEqual(other);
    nowMs += 1_000;
    secrets.egress();
    expect(said).toEqual({ warnings: [], problems: [], rereads: 2 });
  });

  it('that cannot be used is told once and leaves what was there, until it can', () => {
    write('secrets.yml', BOTH);
    const secrets = opened();
    write('billing.crt', other.cert);
    for (let look = 0; look < 3; look += 1) {
      nowMs += 1_000;
      expect(secrets.clientCertificate('billing')).toEqual(billing);
    }
    expect(said.problems).toEqual([expect.stringContaining('does not belong to the certificate')]);
    // Half of a renewal: the key comes later.
    write('billing.key', other.key);
    nowMs += 1_000;
    expect(secrets.clientCertificate('billing')).toEqual(other);
    unlinkSync(path);
    nowMs += 1_000;
    expect(secrets.egress().allow).toHaveLength(2);
  });

  it('is looked for at once when asked to', () => {
    write('secrets.yml', BOTH);
    const secrets = opened();
    write('secrets.yml', 'egress: {}\n');
    secrets.reread();
    expect(secrets.clientCertificate('billing')).toBe(null);
  });
});
