import type { ChannelOptions } from '@grpc/grpc-js';

/** One message may not be larger: a snapshot of 10,000 checks is about 4 MB, a full batch of bodies 2 MB. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** A mute peer is noticed within 10 s (reliability.md F5); the server allows pings this often. */
const KEEPALIVE_EVERY_MS = 5_000;
const KEEPALIVE_TIMEOUT_MS = 4_000;

export const CLIENT_CHANNEL: ChannelOptions = {
  // Session and Results need a connection each (rules.md 25); pooled subchannels would share one.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.keepalive_time_ms': KEEPALIVE_EVERY_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  // A long stream must not be kept for replay (grpc-node 2371).
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  // How to come back is decided by the reconnect policy, not by the channel.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
};

export const SERVER_CHANNEL: ChannelOptions = {
  'grpc.keepalive_time_ms': KEEPALIVE_EVERY_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.enable_channelz': 0,
};
