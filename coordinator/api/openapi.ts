import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { DOCS_PREFIX } from './security-headers.ts';
import { tidySchemas } from './tidy-schemas.ts';
import { ErrorAnswer } from './wire/error-answer.ts';

/** Describes every route that is registered after this. */
export function describeRoutes(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sonde',
        version,
        description: 'TCP checks from many locations: define them, run them, read what they saw. '
          + 'Names and shapes are those of the Checkly public API; what is added is optional.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'checks', description: 'What is monitored' },
        { name: 'runs', description: 'Run now' },
        { name: 'results', description: 'What was seen' },
        { name: 'fleet', description: 'Where checks run from' },
        { name: 'account', description: 'Whose key this is' },
        { name: 'users', description: 'Who may do what, and who did' },
        { name: 'service', description: 'This coordinator itself' },
      ],
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: sk_…' } } },
    },
    transform: (document) => {
      const scope = document.route.config?.scope;
      const isPublic = scope === undefined || scope === 'public';
      const schema = {
        ...document.schema,
        security: isPublic ? [] : [{ apiKey: [] }],
        ...(isPublic ? {} : { description: `${document.schema.description ?? ''}\n\nScope: \`${scope}\``.trim() }),
        // One shape for every error, wherever it comes from.
        ...(isPublic ? {} : { response: { ...(document.schema.response as object | undefined), '4xx': ErrorAnswer, '5xx': ErrorAnswer } }),
      };
      return jsonSchemaTransform({ ...document, schema });
    },
    transformObject: (document) => tidySchemas(jsonSchemaTransformObject(document)),
  });
}

/** The description at /openapi.json and a page to read it at /docs; its assets are in the package, nobody else is asked. */
export function serveDescription(app: FastifyInstance): void {
  app.get('/openapi.json', { config: { scope: 'public' }, schema: { hide: true } }, async () => app.swagger());
  app.register(swaggerUi, {
    routePrefix: DOCS_PREFIX,
    uiConfig: { docExpansion: 'list', deepLinking: true, persistAuthorization: false, tryItOutEnabled: true },
    theme: { title: 'Sonde API' },
  });
}
