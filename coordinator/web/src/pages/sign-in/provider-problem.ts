/** Why nobody came in by the provider, by the word in the address; of any other word, the general sentence. */
const WHY: Readonly<Record<string, string>> = {
  unverified: 'The provider does not vouch for your email address. Verify it there, then try again.',
  not_invited: 'Nobody of this installation has invited your address. Ask an administrator for an invitation.',
  has_password: 'Your address signs in with a password here. Sign in with it, then connect the provider under “Password and sessions”.',
  other_person: 'Your address belongs to another person at the provider. Ask an administrator to remove that user and to invite you.',
  begin_again: 'Signing in took too long, or was begun in another browser. Try again.',
  unreachable: 'The provider does not answer. Try again in a minute; the log of the coordinator says why.',
  plaintext: 'Over plain HTTP people sign in on the machine of the coordinator only. Ask the operator for a certificate.',
};

export function providerProblem(word: string): string {
  return Object.hasOwn(WHY, word) ? WHY[word]! : 'The provider did not let you in, or its answer could not be believed. The log of the coordinator says why.';
}
