import { z } from 'zod';

/** Every error (rules.md 29). */
export const ErrorAnswer = z.object({
  statusCode: z.int(),
  error: z.string().meta({ example: 'Bad Request' }),
  message: z.string().meta({ example: "request.port must be at most 65535" }),
  errors: z.array(z.object({
    path: z.string().meta({ example: 'request.port' }),
    value: z.unknown().meta({ example: 70000 }),
    limit: z.string().meta({ example: 'at most 65535' }),
    message: z.string(),
  })).meta({ description: 'Everything that is wrong, at once; empty when it is not about the input' }),
}).meta({ id: 'Error' });
