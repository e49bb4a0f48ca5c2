import { createRequire } from 'node:module';
import { Buffer } from 'node:buffer';

/** Retransmitted segments of a connection so far, by file descriptor; null where the kernel does not answer. */
export type TcpInfoReader = (fd: number) => number | null;

const SOL_TCP = 6;
const TCP_INFO = 11;
/** struct tcp_info, linux/tcp.h: `__u32 tcpi_total_retrans`. Read before the first write it counts SYNs only. */
const TOTAL_RETRANS_OFFSET = 100;
/** Room for newer kernels' longer struct; older ones fill less and say so. */
const STRUCT_BYTES = 512;

/**
 * Reads the kernel's TCP_INFO through the optional FFI package. null off Linux, and where the package is not there or
 * does not load: the field is then absent from reports, never invented.
 */
export function loadTcpInfoReader(): TcpInfoReader | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const getsockopt = koffi.load(null)
      .func('int getsockopt(int sockfd, int level, int optname, _Out_ uint8_t *optval, _Inout_ uint32_t *optlen)');
    const info = Buffer.allocUnsafeSlow(STRUCT_BYTES);
    const length = new Uint32Array(1);
    return (fd) => {
      length[0] = STRUCT_BYTES;
      if (fd < 0 || getsockopt(fd, SOL_TCP, TCP_INFO, info, length) !== 0) return null;
      if ((length[0] ?? 0) < TOTAL_RETRANS_OFFSET + 4) return null;
      return info.readUInt32LE(TOTAL_RETRANS_OFFSET);
    };
  } catch {
    return null;
  }
}
