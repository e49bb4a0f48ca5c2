import { checkToWire } from '#shared/check/check-to-wire.ts';
import type { StoredCheck } from '../ports.ts';
import type { CheckWire } from './check-entity-schema.ts';
import { isoOf } from './iso.ts';

/** The full entity with all defaults and nulls (checkly-api.md §9.7); `revision` is added. */
export function checkEntity(stored: StoredCheck): CheckWire {
  const entity = {
    id: stored.id,
    ...checkToWire(stored.check),
    checkType: 'TCP' as const,
    created_at: isoOf(stored.createdAtMs),
    updated_at: isoOf(stored.updatedAtMs),
    revision: stored.revision,
  };
  // `checkToWire` promises the shape in words; a test holds it to the schema.
  return entity as unknown as CheckWire;
}
