/** A message that is well-formed protobuf and still makes no sense: the sender's bug, answered as such. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** A value that this build does not know: a newer peer's. */
export class UnknownValueError extends WireError {}
