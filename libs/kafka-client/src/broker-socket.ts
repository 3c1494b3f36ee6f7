import net from 'node:net';
import tls from 'node:tls';

import type { ISocketFactory } from 'kafkajs';

const KEEP_ALIVE_MS = 60_000;
/** What one reading of the socket gives at most. */
const READ_BYTES = 64 * 1024;

/**
 * Opens connections as kafkajs does, but what comes in is read into one buffer, over and over, instead of a new one for
 * each TLS record (which the corrected client copies from at once), and nothing small waits for the acknowledgement of
 * what was sent before it.
 */
export const brokerSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const common = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  const onread = {
    buffer: Buffer.allocUnsafeSlow(READ_BYTES),
    callback: (bytes: number, buffer: Uint8Array): boolean => {
      socket.emit('data', Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      return true;
    },
  };
  const name = net.isIP(host) === 0 ? { servername: host } : {};
  const options = { ...common, ...name, ...ssl, onread };
  // It is falsy for a connection in the clear, whatever its type says.
  const isEncrypted = Boolean(ssl);
  const socket: net.Socket = isEncrypted
    ? tls.connect(options, onConnect)
    : net.connect({ ...common, onread }, onConnect);
  return socket;
};
