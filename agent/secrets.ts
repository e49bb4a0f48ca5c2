import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CidrList } from '#shared/net/cidr.ts';
import type { ClientCertificate } from './probe/engine/engine.ts';
import type { LocalSecret } from './secrets/fill-local-secrets.ts';
import type { ReadSecrets, SecretsContent } from './secrets/read-secrets-file.ts';

/** Looked at for changes at most this often, and only when something is asked for. */
const LOOK_EVERY_MS = 1_000;

/**
 * What an agent keeps to itself, from the YAML file that SONDE_SECRETS_FILE names: client certificates that checks
 * name and no coordinator ever sees, and networks that no coordinator can widen (rules.md 31, 33).
 *
 *     clientCertificates:
 *       billing: { certFile: billing.crt, keyFile: billing.key }
 *     secrets:
 *       redisPassword: { file: redis-password, targets: [10.1.0.5:6379] }
 *     egress:
 *       allow: [10.1.0.0/16]
 *       deny: [10.1.2.0/24]
 *
 * A changed file, certificate or key takes effect by itself within a second; one that cannot be used is reported and
 * leaves what was there, so that a slip of the editor opens no network and breaks no check.
 */
export type AgentSecrets = {
  /** null: there is none of this name. */
  clientCertificate(name: string): ClientCertificate | null;
  /** For `{{local.NAME}}`; null: there is none of this name. */
  secret(name: string): LocalSecret | null;
  /** As the file has them now; empty without a file. */
  egress(): { readonly allow: CidrList; readonly deny: CidrList };
  /** Looks at once, as on SIGHUP. */
  reread(): void;
};

export type AgentSecretsEvents = {
  /** Sentences: the file is in use, but somebody else may read it. */
  readonly onWarning: (warnings: readonly string[]) => void;
  /** Sentences: a changed file cannot be used; what was there stays. */
  readonly onTrouble: (problems: readonly string[]) => void;
  readonly onReread: () => void;
};

export type OpenedSecrets =
  | { readonly ok: true; readonly secrets: AgentSecrets }
  /** Every problem at once, each a sentence that names the file. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the file; null: there is none, and the agent has no secrets. `nowMs` may be any clock that does not go back. */
export function openAgentSecrets(path: string | null, nowMs: () => number, events: AgentSecretsEvents): OpenedSecrets {
  if (path === null) return { ok: true, secrets: NO_SECRETS };
  const first = readFile(path);
  if (!first.ok) return first;
  if (first.content.warnings.length > 0) events.onWarning(first.content.warnings);
  return { ok: true, secrets: new WatchedSecrets(path, first.content, nowMs, events) };
}

const NO_LISTS = { allow: [], deny: [] };
const NO_SECRETS: AgentSecrets = { clientCertificate: () => null, secret: () => null, egress: () => NO_LISTS, reread() {} };

class WatchedSecrets implements AgentSecrets {
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #events: AgentSecretsEvents;
  #content: SecretsContent;
  /** The file and those that it names, whether or not they could be used; and how they were when they were read. */
  #watched: readonly string[];
  #stamp: string;
  #lookedAtMs: number;

  constructor(path: string, content: SecretsContent, nowMs: () => number, events: AgentSecretsEvents) {
    this.#path = path;
    this.#content = content;
    this.#nowMs = nowMs;
    this.#events = events;
    this.#watched = [path, ...content.files];
    this.#stamp = stampOf(this.#watched);
    this.#lookedAtMs = nowMs();
  }

  clientCertificate(name: string): ClientCertificate | null {
    this.#look();
    return this.#content.clientCertificates.get(name) ?? null;
  }

  secret(name: string): LocalSecret | null {
    this.#look();
    return this.#content.secrets.get(name) ?? null;
  }

  egress(): { readonly allow: CidrList; readonly deny: CidrList } {
    this.#look();
    return this.#content.egress;
  }

  reread(): void {
    this.#lookedAtMs = this.#nowMs();
    const before = stampOf([this.#path]);
    const read = readFile(this.#path);
    this.#watched = [this.#path, ...(read.ok ? read.content.files : read.files)];
    // Written to while it was read: the next look reads it again.
    this.#stamp = stampOf([this.#path]) === before ? stampOf(this.#watched) : '';
    if (!read.ok) return this.#events.onTrouble(read.problems);
    this.#content = read.content;
    this.#events.onReread();
    if (read.content.warnings.length > 0) this.#events.onWarning(read.content.warnings);
  }

  #look(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    if (stampOf(this.#watched) !== this.#stamp) this.reread();
  }
}

const FILES = {
  read: (path: string): string => readFileSync(path, 'utf8'),
  stat: (path: string): { readonly mode: number; readonly size: number } => statSync(path),
};

/** What reads YAML and its shape takes 18 MB in each thread that has it: loaded by those that are given a file. */
function readFile(path: string): ReadSecrets {
  const { readSecretsFile } = createRequire(import.meta.url)('./secrets/read-secrets-file.ts') as typeof import('./secrets/read-secrets-file.ts');
  return readSecretsFile(path, FILES);
}

/** Another file in its place, another length or another time is a change. */
function stampOf(paths: readonly string[]): string {
  return paths.map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
    return stat === undefined ? 'gone' : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
  }).join();
}
