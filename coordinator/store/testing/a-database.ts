/** A throw-away database per test file, made from the migrated template of the run's Postgres. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the database `sonde`, as its owner. */
    postgresUrl: string;
    postgresSuperUrl: string;
  }
}

export const TEMPLATE_DATABASE = 'sonde_template';

export type ADatabase = {
  /** As the owner of the database, an ordinary role: what a coordinator gets. */
  readonly url: string;
  readonly superUrl: string;
  drop(): Promise<void>;
};

/** `template: 'empty'` for a database that was never migrated. */
export async function aDatabase(options: { readonly template?: 'migrated' | 'empty' } = {}): Promise<ADatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const owner = new URL(inject('postgresUrl'));
  const superUrl = new URL(inject('postgresSuperUrl'));
  const template = options.template === 'empty' ? 'template0' : TEMPLATE_DATABASE;
  await asSuper(`create database ${name} template ${template} owner ${owner.username}`);
  owner.pathname = `/${name}`;
  superUrl.pathname = `/${name}`;
  return {
    url: owner.href,
    superUrl: superUrl.href,
    drop: () => asSuper(`drop database if exists ${name} with (force)`),
  };
}

async function asSuper(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresSuperUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
