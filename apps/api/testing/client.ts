import { checkAnswer } from './answers-checked.js';

/** A reply, its body read. */
export type Reply = Readonly<{ status: number; headers: Headers; text: string; json: ReturnType<typeof JSON.parse> }>;

export type Client = Readonly<{
  cookie: string;
  get: (path: string, headers?: Record<string, string>) => Promise<Reply>;
  /** As a browser: pages, not JSON. */
  page: (path: string) => Promise<Reply>;
  send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
}>;

const read = async (response: Response): Promise<Reply> => {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
};

/** A client of Hydra's API, as scripts are: JSON, and an `Origin` as Hydra asks for. With a name: signed in. */
export const createClient = async (url: string, name?: string): Promise<Client> => {
  let cookie = '';
  const call = async (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const reply = await read(
      await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: { ...(cookie ? { cookie } : {}), ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    );
    // What the API answers is what its document says, in every test.
    if (reply.json !== undefined && path !== '/openapi.json')
      await checkAnswer(url, method, path, reply.status, reply.json);
    return reply;
  };
  const send: Client['send'] = (method, path, body, headers = {}) =>
    call(
      method,
      path,
      {
        accept: 'application/json',
        origin: url,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    );
  if (name !== undefined) {
    const login = await send('POST', '/login', { username: name, password: 'secret' });
    if (login.status !== 200) throw new Error(`could not sign in: ${login.status} ${login.text}`);
    cookie = (login.headers.get('set-cookie') ?? '').split(';')[0]!;
  }
  return {
    cookie,
    get: (path, headers = {}) => call('GET', path, { accept: 'application/json', ...headers }),
    page: (path) => call('GET', path, { accept: 'text/html' }),
    send,
  };
};
