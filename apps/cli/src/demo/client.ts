import { type z } from 'zod';

/** A request that the farm refused or did not answer; the message names it and what came back. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
}

/** Speaks the farm's REST API as any client would: a session cookie and JSON. */
export type ApiClient = Readonly<{
  /** GET, parsed by a schema. Throws `ApiError` on anything but 2xx. */
  get: <T>(path: string, schema: z.ZodType<T>) => Promise<T>;
  /** PUT, POST or DELETE with a JSON body. Throws `ApiError` on anything but 2xx. */
  send: (method: 'PUT' | 'POST' | 'DELETE', path: string, body: unknown) => Promise<void>;
}>;

const refused = async (method: string, path: string, response: Response): Promise<ApiError> =>
  new ApiError(`${method} ${path}: ${response.status} ${(await response.text()).slice(0, 500)}`);

/** Signs in and keeps the session. Throws `ApiError` when the password is not the one of the first start. */
export const signIn = async (base: string, username: string, password: string): Promise<ApiClient> => {
  const headers = { accept: 'application/json', 'content-type': 'application/json', origin: base, referer: `${base}/` };
  const login = await fetch(`${base}/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username, password }),
    redirect: 'manual',
  });
  if (login.status >= 400) throw await refused('POST', '/login', login);
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return {
    get: async (path, schema) => {
      const response = await fetch(base + path, { headers: { accept: 'application/json', cookie } });
      if (!response.ok) throw await refused('GET', path, response);
      return schema.parse(await response.json());
    },
    send: async (method, path, body) => {
      const response = await fetch(base + path, {
        method,
        headers: { ...headers, cookie },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw await refused(method, path, response);
      await response.arrayBuffer();
    },
  };
};
