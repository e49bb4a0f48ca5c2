import { z } from 'zod';
import { checkWriteSchema } from '#shared/check/check-schema.ts';

/** Describes the body of POST and PUT; `parseCheck` is what judges it. */
export const CheckWriteBody = checkWriteSchema;

/** Describes the body of a run that is not saved: nothing but the request and a location is needed. */
export const CheckRunBody = checkWriteSchema.partial().extend({
  request: checkWriteSchema.shape.request,
  location: z.string().meta({ description: 'code of a public location or slug of a private one' }),
}).meta({ id: 'CheckRun', description: 'A TCP check that is run once and not saved.' });
