import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

/** A further tenant with one key, for tests of who sees what; answers its account id. */
export async function anotherAccount(superUrl: string, key: { readonly hash: Uint8Array; readonly scopes: readonly string[] }): Promise<string> {
  const accountId = randomUUID();
  const client = new Client({ connectionString: superUrl });
  await client.connect();
  try {
    await client.query('insert into accounts (id, name) values ($1, $2)', [accountId, 'another']);
    await client.query(
      'insert into api_keys (account_id, id, name, prefix, key_hash, scopes) values ($1, $2, $3, $4, $5, $6)',
      [accountId, randomUUID(), 'their key', 'sk_', Buffer.from(key.hash), [...key.scopes]],
    );
    await client.query(
      "insert into locations (id, code, name, kind, account_id, config_revision) values ($1, 'theirs-1', 'Theirs', 'private', $2, 0)",
      [randomUUID(), accountId],
    );
  } finally {
    await client.end();
  }
  return accountId;
}
