import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isUuid } from '#shared/wire/uuid-bytes.ts';

const AGENT_ID_FILE = 'agent-id';

/** The agent's id: made once and kept in its data directory, so that it is the same agent after a restart. */
export function keptAgentId(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, AGENT_ID_FILE);
  const kept = readKept(path);
  if (kept !== null) {
    if (!isUuid(kept)) throw new Error(`${path} does not hold a UUID: put the original file back, or remove it to become a new agent`);
    return kept;
  }
  const agentId = randomUUID();
  const aside = `${path}.new`;
  const file = openSync(aside, 'w', 0o600);
  writeSync(file, `${agentId}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(aside, path);
  return agentId;
}

function readKept(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
