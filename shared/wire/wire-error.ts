/** A message that is well-formed protobuf and still makes no sense: the sender's bug, answered as such. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
