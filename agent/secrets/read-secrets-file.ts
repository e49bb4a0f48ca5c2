import { createPrivateKey, X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { nearestWord } from '#shared/check/nearest-word.ts';
import type { CidrList } from '#shared/net/cidr.ts';
import { parseCidrList } from '#shared/net/parse-cidrs.ts';
import type { ClientCertificate } from '../probe/engine/engine.ts';
import { parseEndpoint } from '#shared/settings/values.ts';
import type { LocalSecret } from './fill-local-secrets.ts';

export type SecretsContent = {
  readonly clientCertificates: ReadonlyMap<string, ClientCertificate>;
  readonly egress: { readonly allow: CidrList; readonly deny: CidrList };
  /** What checks name as `{{local.NAME}}`. */
  readonly secrets: ReadonlyMap<string, LocalSecret>;
  /** Absolute paths of certificates and keys. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
};

export type ReadSecrets =
  | { readonly ok: true; readonly content: SecretsContent }
  /** `files`: what it names, as far as that can be told. */
  | { readonly ok: false; readonly problems: readonly string[]; readonly files: readonly string[] };

/** Both throw as node:fs does. */
export type Files = {
  readonly read: (path: string) => string;
  readonly stat: (path: string) => { readonly mode: number; readonly size: number };
};

/** Far more than certificates, keys and networks need. */
const FILE_BYTES_MAX = 1_048_576;
const WORLD_READABLE = 0o004;

const networkList = z.union([z.string(), z.array(z.string())], { error: 'must be a network such as 10.1.0.0/16, or a list of them' }).nullish();
const fileName = z.string({ error: 'must be the name of a PEM file' }).min(1, 'must be the name of a PEM file');
const localSecret = z.strictObject({
  value: z.string({ error: 'must be a text' }).nullish(),
  file: fileName.nullish(),
  targets: z.union([z.string(), z.array(z.string())], { error: 'must be a host:port such as 10.0.0.5:6379, or a list of them' }),
});
const schema = z.strictObject({
  secrets: z.record(z.string().regex(/^[A-Za-z_]\w{0,254}$/, 'must be letters, digits and _'), localSecret).nullish(),
  clientCertificates: z.record(z.string().min(1).max(255), z.strictObject({ certFile: fileName, keyFile: fileName })).nullish(),
  egress: z.strictObject({ allow: networkList, deny: networkList }).nullish(),
}, { error: (issue) => (issue.code === 'invalid_type' ? 'must hold clientCertificates, secrets or egress' : undefined) });
const KEYS = ['clientCertificates', 'egress', 'secrets', 'value', 'file', 'targets', 'certFile', 'keyFile', 'allow', 'deny'];

/** The file and all that it names, or every problem at once. No problem shows what is in a key. */
export function readSecretsFile(path: string, files: Files): ReadSecrets {
  const problems: string[] = [];
  const warnings: string[] = [];
  const text = readBounded(path, path, files, problems);
  if (text === null) return { ok: false, problems, files: [] };
  const parsed = parsedYaml(text);
  if (typeof parsed === 'string') return { ok: false, problems: [`${path} ${parsed}`], files: [] };
  const shape = schema.safeParse(parsed.value ?? {});
  if (!shape.success) problems.push(...shape.error.issues.flatMap((issue) => shapeProblems(path, issue)));
  const given = shape.success ? shape.data : partsOf(parsed.value);
  const egress = {
    allow: networks(path, 'allow', given.egress?.allow, problems),
    deny: networks(path, 'deny', given.egress?.deny, problems),
  };
  const named: string[] = [];
  const clientCertificates = new Map<string, ClientCertificate>();
  for (const [name, { certFile, keyFile }] of Object.entries(given.clientCertificates ?? {})) {
    const [certPath, keyPath] = [certFile, keyFile].map((file) => resolve(dirname(path), file)) as [string, string];
    named.push(certPath, keyPath);
    const pair = readPair({ where: `${path}: clientCertificates.${name}`, certPath, keyPath }, files, problems);
    if (pair !== null) clientCertificates.set(name, pair);
    warnIfOpen(keyPath, files, warnings);
  }
  const secrets = new Map<string, LocalSecret>();
  for (const [name, secret] of Object.entries(given.secrets ?? {})) {
    const where = `${path}: secrets.${name}`;
    const filePath = secret.file == null ? null : resolve(dirname(path), secret.file);
    if (filePath !== null) {
      named.push(filePath);
      warnIfOpen(filePath, files, warnings);
    }
    const value = localValue(where, secret.value ?? null, filePath, files, problems);
    const targets = targetsOf(where, secret.targets, problems);
    if (value !== null && targets !== null) secrets.set(name, { value, targets });
  }
  warnIfOpen(path, files, warnings);
  return problems.length > 0 ? { ok: false, problems, files: named } : { ok: true, content: { clientCertificates, egress, secrets, files: named, warnings } };
}

function parsedYaml(text: string): { readonly value: unknown } | string {
  try {
    return { value: parseYaml(text) as unknown };
  } catch (error) {
    // YAML's own message quotes the line: only what is wrong with it is told.
    const [sentence = ''] = (error instanceof Error ? error.message : '').split('\n');
    return `is not YAML: ${sentence.replace(/:$/, '')}`;
  }
}

type Given = z.infer<typeof schema>;

/** What is well-formed of a file that is not, so that its other problems are told as well. */
function partsOf(value: unknown): Given {
  const part = (key: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined);
  const egress = schema.shape.egress.safeParse(part('egress'));
  const certificates = schema.shape.clientCertificates.safeParse(part('clientCertificates'));
  const secrets = schema.shape.secrets.safeParse(part('secrets'));
  return { secrets: secrets.success ? secrets.data : undefined, egress: egress.success ? egress.data : undefined, clientCertificates: certificates.success ? certificates.data : undefined };
}

function shapeProblems(path: string, issue: z.core.$ZodIssue): readonly string[] {
  const at = issue.path.length === 0 ? path : `${path}: ${issue.path.join('.')}`;
  if (issue.code !== 'unrecognized_keys') return [`${at} ${issue.message}`];
  return issue.keys.map((key) => {
    const near = nearestWord(key, KEYS);
    return `${path}: there is no setting '${[...issue.path, key].join('.')}'${near === null ? '' : `; did you mean ${near}?`}`;
  });
}

function networks(path: string, name: string, given: string | readonly string[] | null | undefined, problems: string[]): CidrList {
  const text = typeof given === 'string' ? given : (given ?? []).join(',');
  if (text.trim() === '') return [];
  const parsed = parseCidrList(text);
  if (parsed.ok) return parsed.list;
  problems.push(...parsed.problems.map((problem) => `${path}: egress.${name}: ${problem}`));
  return [];
}

/** A shorter one could not be told from any other text, and so not be redacted. */
const SECRET_CHARS_MIN = 4;
const SECRET_CHARS_MAX = 4_096;

/** From the file itself or from one it names, there without the line break at its end. null: the problems say why not. */
function localValue(where: string, value: string | null, filePath: string | null, files: Files, problems: string[]): string | null {
  if ((value === null) === (filePath === null)) {
    problems.push(`${where} needs either a value or a file`);
    return null;
  }
  const text = filePath === null ? value : readBounded(filePath, where, files, problems)?.replace(/\r?\n$/, '') ?? null;
  if (text === null) return null;
  if (text.length >= SECRET_CHARS_MIN && text.length <= SECRET_CHARS_MAX) return text;
  problems.push(`${where} must have ${SECRET_CHARS_MIN} to ${SECRET_CHARS_MAX} characters`);
  return null;
}

/** null: the problems say why not. */
function targetsOf(where: string, given: string | readonly string[], problems: string[]): readonly string[] | null {
  const list = typeof given === 'string' ? [given] : given;
  const bad = list.find((target) => parseEndpoint(target) === undefined);
  if (bad === undefined && list.length > 0) {
    return list.map((target) => {
      const { host, port } = parseEndpoint(target)!;
      return `${host.toLowerCase()}:${port}`;
    });
  }
  problems.push(`${where}: targets must be host:port such as 10.0.0.5:6379 or [2001:db8::5]:6379${bad === undefined ? '' : `, which '${bad}' is not`}`);
  return null;
}

/** null: the problems say why not. */
function readPair(
  { where, certPath, keyPath }: { readonly where: string; readonly certPath: string; readonly keyPath: string }, files: Files, problems: string[],
): ClientCertificate | null {
  const [cert, key] = [readBounded(certPath, where, files, problems), readBounded(keyPath, where, files, problems)];
  const certificate = cert === null ? null : orNull(() => new X509Certificate(cert));
  const privateKey = key === null ? null : orNull(() => createPrivateKey(key));
  if (cert !== null && certificate === null) problems.push(`${where}: ${certPath} is no PEM certificate`);
  if (key !== null && privateKey === null) problems.push(`${where}: ${keyPath} is no PEM private key without a passphrase`);
  if (cert === null || key === null || certificate === null || privateKey === null) return null;
  if (certificate.checkPrivateKey(privateKey)) return { cert, key };
  problems.push(`${where}: the key in ${keyPath} does not belong to the certificate in ${certPath}`);
  return null;
}

function readBounded(path: string, where: string, files: Files, problems: string[]): string | null {
  try {
    if (files.stat(path).size <= FILE_BYTES_MAX) return files.read(path);
    problems.push(`${where}: ${path} is larger than 1 MiB`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    problems.push(`${where}${where === path ? '' : `: ${path}`} cannot be read (${code})`);
  }
  return null;
}

function warnIfOpen(path: string, files: Files, warnings: string[]): void {
  const stat = orNull(() => files.stat(path));
  if (stat !== null && (stat.mode & WORLD_READABLE) !== 0) warnings.push(`${path} can be read by every user of this machine; use chmod 600`);
}

function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}
