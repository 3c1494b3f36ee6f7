/** Stands where a node's main file would: what it does is named by `BEHAVIOUR`. */
const { BEHAVIOUR: behaviour = 'works', NODE_NAME: name = '' } = process.env;

process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(`${name} writes to its log\n`);
const said: Readonly<Record<string, object>> = {
  works: { ready: true, url: `http://127.0.0.1:${process.pid}`, peerUrl: 'https://127.0.0.1:1' },
  refuses: { ready: false, code: 'CONFIG_INVALID', message: 'CONFIG_INVALID: PEER_PORT is missing' },
};
const message = said[behaviour];
if (message === undefined) process.exit(3);
process.send?.(message);
