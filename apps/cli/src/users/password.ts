import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { BadInputError } from '../errors.js';

/** As the dashboard asks for. */
const LEAST = 8;
const MOST = 1000;

/** Asks on the terminal, without showing what is typed. */
const ask = (question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    process.stderr.write(question);
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
    const stop = (): void => reject(new BadInputError('password: nothing was typed'));
    lines.once('SIGINT', () => lines.close());
    lines.once('close', stop);
    lines.question('', (answer) => {
      lines.off('close', stop);
      lines.close();
      process.stderr.write('\n');
      resolve(answer);
    });
  });

/** A new password: from standard input, its last newline left off, or typed twice. Throws `BadInputError`. */
export const readPassword = async (fromStdin: boolean): Promise<string> => {
  if (!fromStdin && !process.stdin.isTTY)
    throw new BadInputError('password: there is no terminal to ask on; use --password-stdin');
  const password = fromStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : await ask('New password: ');
  if (password.length < LEAST || password.length > MOST)
    throw new BadInputError(`password: must have ${LEAST} to ${MOST} characters`);
  if (!fromStdin && (await ask('The same again: ')) !== password)
    throw new BadInputError('password: the two are not the same');
  return password;
};
