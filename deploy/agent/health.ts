/** The image's health check, which has no shell and no curl: exit code 0 when the agent beside it answers /healthz. */
import { get } from 'node:http';
import { healthUrl } from './health-url.ts';

/** Below the check's own timeout in the Containerfile. */
const ANSWER_WITHIN_MS = 3_000;

get(healthUrl(process.env), { timeout: ANSWER_WITHIN_MS }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
