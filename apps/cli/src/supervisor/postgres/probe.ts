import { connect } from 'node:net';

/** Length, protocol 3.0, then `user` and `database`, each text ended by a zero (PostgreSQL docs, 54.7 StartupMessage). */
const startupMessage = (): Buffer => {
  const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
};

/**
 * Whether a PostgreSQL takes connections: to a startup message it answers with a question for the password ("R"), while
 * it starts or recovers with an error ("E"). Needs neither a client library nor a password.
 */
export const accepting = (port: number, timeoutMs = 1000): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(timeoutMs, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('close', () => answer(false));
    socket.once('connect', () => socket.write(startupMessage()));
    socket.once('data', (data) => answer(data[0] === 'R'.charCodeAt(0)));
  });
