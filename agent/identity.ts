import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isUuid } from '#shared/wire/uuid-bytes.ts';
import { newPrivateKeyPem, ownKeyOf, type OwnKey } from './own-key.ts';

const AGENT_ID_FILE = 'agent-id';
const AGENT_KEY_FILE = 'agent-key';

export type KeptIdentity = { readonly agentId: string; readonly ownKey: OwnKey };

/** Without one an agent cannot have enrolled anywhere, and needs a location key. */
export function hasIdentity(dataDir: string): boolean {
  return existsSync(join(dataDir, AGENT_ID_FILE)) && existsSync(join(dataDir, AGENT_KEY_FILE));
}

/**
 * The agent's id and its own key: made once and kept in its data directory (0600), so that it is the same agent after
 * a restart. Throws when a file holds something else: a new identity is made by removing both, never by accident.
 */
export function keptIdentity(dataDir: string): KeptIdentity {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const idPath = join(dataDir, AGENT_ID_FILE);
  const keyPath = join(dataDir, AGENT_KEY_FILE);
  const agentId = readKept(idPath) ?? keep(idPath, randomUUID());
  if (!isUuid(agentId)) throw new Error(`${idPath} does not hold a UUID: put the original file back, or remove it and ${AGENT_KEY_FILE} to become a new agent`);
  return { agentId, ownKey: readKey(keyPath, readKept(keyPath) ?? keep(keyPath, newPrivateKeyPem())) };
}

function readKey(path: string, pem: string): OwnKey {
  try {
    return ownKeyOf(pem);
  } catch (cause) {
    throw new Error(`${path} does not hold the agent's key: put the original file back, or remove it and ${AGENT_ID_FILE} to become a new agent`, { cause });
  }
}

/** Complete or absent at any moment. */
function keep(path: string, text: string): string {
  const aside = `${path}.new`;
  rmSync(aside, { force: true }); // Of a start that was cut short, maybe with other rights.
  const file = openSync(aside, 'wx', 0o600);
  writeSync(file, `${text.trim()}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(aside, path);
  return text.trim();
}

function readKept(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
