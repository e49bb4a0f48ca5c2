const WORDS: Readonly<Record<string, string>> = {
  'POST /v1/setup': 'set up the installation',
  'POST /v1/session': 'signed in',
  'DELETE /v1/session': 'signed out',
  'GET /v1/session/oidc/callback': 'signed in at the provider',
  'PUT /v1/session/account': 'changed to this account',
  'PUT /v1/session/password': 'changed their password',
  'DELETE /v1/session/all/:id': 'ended a session',
  'POST /v1/invitations': 'invited somebody',
  'POST /v1/invitations/accept': 'accepted an invitation',
  'DELETE /v1/invitations/:id': 'took an invitation back',
  'PUT /v1/users/:id': 'changed a role',
  'DELETE /v1/users/:id': 'removed a user',
  'POST /v1/api-keys': 'created an API key',
  'DELETE /v1/api-keys/:id': 'revoked an API key',
  'POST /v1/checks/tcp/run': 'ran an unsaved check',
  'POST /v1/checks/:id/run': 'ran a check',
  'POST /v1/agents/:id/approve': 'let an agent in',
  'POST /v1/agents/:id/drain': 'took an agent out of work',
  'DELETE /v1/agents/:id/drain': 'put an agent back to work',
};
const VERBS: Readonly<Record<string, string>> = { POST: 'created', PUT: 'changed', PATCH: 'changed', DELETE: 'deleted' };

/** A route in words; of one that nobody gave words for, its verb and its noun. */
export function wordsFor(action: string, status: number): string {
  const refused = status === 401 || status === 403;
  if (refused && action === 'POST /v1/session') return 'could not sign in';
  return `${refused ? 'was refused: ' : ''}${WORDS[action] ?? generally(action)}`;
}

function generally(action: string): string {
  const [method = '', path = ''] = action.split(' ');
  const nouns = path.split('/').filter((part) => part !== '' && !part.startsWith(':') && !/^v\d+$/.test(part) && part !== 'tcp');
  const noun = (nouns.at(-1) ?? 'something').replaceAll('-', ' ').replace(/s$/, '');
  return `${VERBS[method] ?? method} ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
