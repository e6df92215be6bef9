import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Operation = { responses: Record<string, { content?: { 'application/json': { schema: object } } }> };
type Document = { paths: Record<string, Record<string, Operation>>; components: object };
type Check = (method: string, path: string, status: number, body: unknown) => void;

const documents = new Map<string, Promise<Check>>();

/** Throws where an answer is not one that the API's OpenAPI document describes. */
const checkOf = async (url: string): Promise<Check> => {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', components: document.components });
  const compiled = new Map<object, ValidateFunction>();
  const segments = (path: string): string[] => path.split('?')[0]!.split('/');
  const templates = Object.keys(document.paths).map((path) => ({ path, parts: segments(path) }));
  const fits = (parts: readonly string[], of: readonly string[]): boolean =>
    (parts.at(-1) === '{rest}' ? parts.length <= of.length : parts.length === of.length) &&
    parts.every((part, i) => (part.startsWith('{') ? part === '{rest}' || of[i] !== '' : part === of[i]));
  const fixed = (parts: readonly string[]): number => parts.filter((part) => !part.startsWith('{')).length;
  return (method, path, status, body) => {
    // As it is sent: a client takes dots out of a path.
    const asked = segments(new URL(`${url}${path}`).pathname);
    const [found] = templates
      .filter(({ parts, path: of }) => fits(parts, asked) && document.paths[of]![method.toLowerCase()] !== undefined)
      .sort((a, b) => fixed(b.parts) - fixed(a.parts));
    if (!found) {
      // Refused before any route is looked for.
      if (status >= 400 && status < 500) return;
      throw new Error(`${method} ${path} answers ${status}, but no operation of openapi.json is it`);
    }
    const { responses } = document.paths[found.path]![method.toLowerCase()]!;
    const answer = responses[String(status)] ?? responses[`${String(status)[0]}XX`];
    if (!answer) throw new Error(`${method} ${found.path} answers ${status}, which openapi.json does not know`);
    const schema = answer.content?.['application/json'].schema;
    if (!schema || body === undefined) return;
    const resolved = JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')) as object;
    const validate = compiled.get(schema) ?? ajv.compile(resolved);
    compiled.set(schema, validate);
    if (!validate(body))
      throw new Error(
        `${method} ${path} (${status}): ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body).slice(0, 2000)}`,
      );
  };
};

/** Checks an answer of the API at `url` against its own document. */
export const checkAnswer = async (url: string, ...answer: Parameters<Check>): Promise<void> => {
  let check = documents.get(url);
  if (!check) documents.set(url, (check = checkOf(url)));
  (await check)(...answer);
};
