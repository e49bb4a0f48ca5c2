import type { Assertion, Check, RetryStrategy, Step, TcpRequest } from './check.ts';

/** A check in the API's JSON shape, with every field and every null; `parseCheck` reads it back to the same check. */
export function checkToWire(check: Check): Record<string, unknown> {
  return {
    ...check,
    request: requestToWire(check.request),
    retryStrategy: check.retryStrategy === null ? null : retryToWire(check.retryStrategy),
  };
}

function requestToWire(request: TcpRequest): Record<string, unknown> {
  return { ...request, assertions: request.assertions.map(assertionToWire), steps: request.steps.map(stepToWire) };
}

/** Clients of the API read `regex` on every assertion; it has a meaning for HTTP headers only. */
function assertionToWire({ source, property, comparison, target }: Assertion): Record<string, unknown> {
  return { source, property, comparison, target, regex: null };
}

function stepToWire(step: Step): Record<string, unknown> {
  switch (step.kind) {
    case 'expect': return { expect: step.pattern };
    case 'send': return { send: step.data, dataFormat: step.dataFormat };
    case 'startTls': return { startTls: true };
  }
}

/** SINGLE_RETRY must not carry counts, and `onlyOn` is a list of one (checkly-api.md §3). */
export function retryToWire({ onlyOn, maxRetries, maxDurationSeconds, ...rest }: RetryStrategy): Record<string, unknown> {
  return {
    ...rest,
    ...(rest.type === 'SINGLE_RETRY' ? {} : { maxRetries, maxDurationSeconds }),
    ...(onlyOn === null ? {} : { onlyOn: [onlyOn] }),
  };
}
