import type { Variables } from '#shared/check/variables.ts';
import type { ConfigSecrets } from '../channels/split-config.ts';
import type { Sealer } from './key-ring.ts';
import { sealedRow } from './sealed-row.ts';

/** A channel's secrets, for who delivers. null: by no key there is. A channel without secrets has none. */
export function openedSecrets(channel: { readonly accountId: string; readonly id: number; readonly sealed: Uint8Array | null }, sealer: Sealer): ConfigSecrets | null {
  if (channel.sealed === null) return {};
  const secrets = sealer.open(channel.sealed, sealedRow.channel(channel.accountId, channel.id));
  return secrets === null ? null : JSON.parse(secrets.reveal()) as ConfigSecrets;
}

/** Values by name, as the fields of channels are filled in with them. */
export function valuesByName(variables: Variables): Readonly<Record<string, string>> {
  return Object.fromEntries([...variables].map(([name, { value }]) => [name, value]));
}
