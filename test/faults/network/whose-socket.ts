import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Which of these processes has the loopback connection that comes from `port`: found in proc(5), because a certificate
 * is shown in an encrypted handshake only. Undefined where there is no /proc.
 */
export function whoseSocket(port: number, processes: ReadonlyMap<string, number>): string | undefined {
  const inode = inodeOf(port);
  if (inode === undefined) return undefined;
  return [...processes].find(([, pid]) => hasOpen(pid, `socket:[${inode}]`))?.[0];
}

/** /proc/net/tcp: local address (2) as hexadecimal address:port, …, inode (10). */
function inodeOf(port: number): string | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const line = lines(table).find((each) => each[1]?.endsWith(local) === true);
    if (line?.[9] !== undefined) return line[9];
  }
  return undefined;
}

function lines(table: string): string[][] {
  try {
    return readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}

function hasOpen(pid: number, what: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`) === what;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
