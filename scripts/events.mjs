#!/usr/bin/env node
/**
 * Writes, from the union `DomainEvent` of libs/domain:
 * - libs/event-store/src/generated/event-schemas.ts, the JSON schema of every event's payload and of the envelope;
 * - docs/events.md, the catalogue of events.
 * `--check` writes nothing and ends with 1 when either is stale.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformFile } from '@swc/core';
import { createGenerator } from 'ts-json-schema-generator';

const root = fileURLToPath(new URL('..', import.meta.url));
const domain = join(root, 'libs/domain/src');
const SCHEMAS = 'libs/event-store/src/generated/event-schemas.ts';
const CATALOGUE = 'docs/events.md';

const generate = () => {
  const generator = createGenerator({
    path: join(domain, 'index.ts'),
    tsconfig: join(root, 'tsconfig.json'),
    type: '*',
    expose: 'none',
    topRef: false,
    additionalProperties: false,
    jsDoc: 'extended',
    skipTypeCheck: true, // `npm run types` does that, with the repository's own TypeScript
  });
  const union = generator.createSchema('DomainEvent');
  const events = (union.anyOf ?? [union]).map(({ properties, description }) => ({
    type: properties.type.const,
    description,
    data: properties.data,
    definitions: union.definitions ?? {},
  }));
  return { events, metadata: generator.createSchema('Metadata') };
};

/** The domain imports nothing, so it can be compiled and loaded by itself: for the versions and the streams' names. */
const loadDomain = async () => {
  const out = await mkdtemp(join(tmpdir(), 'iolaus-domain-'));
  try {
    await writeFile(join(out, 'package.json'), '{"type":"module"}');
    const options = {
      swcrc: false,
      module: { type: 'es6' },
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    };
    for (const name of await readdir(domain, { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const { code } = await transformFile(join(domain, name), options);
      const file = join(out, name.replace(/\.ts$/, '.js'));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, code);
    }
    return await import(pathToFileURL(join(out, 'index.js')).href);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
};

/** Where each type is declared, and how that noun's streams are called. */
const readNouns = async () => {
  const nouns = [];
  for (const noun of await readdir(domain)) {
    const text = await readFile(join(domain, noun, 'events.ts'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const types = [...text.matchAll(/\bEvent<\s*'(\w+)'/g)].map(([, type]) => type);
    const streams = [...text.matchAll(/Stream = \([^)]*\): string =>\s*`([^`]+)`/g)].map(([, name]) =>
      name.replace(
        /\$\{([^}]+)\}/g,
        (_, expression) =>
          `<${/^[\w.]+$/.test(expression) ? expression.split('.').at(-1) : expression.match(/^\w+/)[0]}>`,
      ),
    );
    nouns.push({ noun, types, streams });
  }
  return nouns;
};

const withoutDescriptions = (schema) =>
  JSON.parse(JSON.stringify(schema), function (key, value) {
    // A property may be called "description" as well: that one is a schema, not a text.
    return key === 'description' && typeof value === 'string' ? undefined : value;
  });

const renderSchemas = ({ events, metadata }) => {
  const schemas = Object.fromEntries(
    events.map(({ type, data, definitions }) => [
      type,
      withoutDescriptions(JSON.stringify(data).includes('#/definitions/') ? { ...data, definitions } : data),
    ]),
  );
  return [
    '/* eslint-disable max-lines */',
    '// Made by `npm run events` from libs/domain; a change here is lost.',
    '',
    '/** JSON schema (draft 7) of the payload of every type, in its current version. */',
    `export const eventSchemas: Readonly<Record<string, object>> = ${JSON.stringify(schemas, null, 2)};`,
    '',
    '/** JSON schema of the envelope. */',
    `export const metadataSchema: object = ${JSON.stringify(withoutDescriptions(metadata), null, 2)};`,
    '',
  ].join('\n');
};

const one = (text) => (text ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();

const nameOf = (schema) => {
  if (schema.$ref) return schema.$ref.replace('#/definitions/', '');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  if (schema.anyOf) return schema.anyOf.map(nameOf).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.type === 'array') return `list of ${nameOf(schema.items ?? {})}`;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object')
    return `map to ${nameOf(schema.additionalProperties)}`;
  return schema.type ?? 'any JSON';
};

/** One line a field, with the fields inside it as a path; `[]` is an element of a list, `*` a value of a map. */
const fieldsOf = (schema, path = '') => {
  if (schema.type === 'array') return fieldsOf(schema.items ?? {}, `${path}[]`);
  const lines = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const optional = schema.required?.includes(name) ? '' : ', optional';
    lines.push(`| \`${at}\` | ${one(nameOf(field))}${optional} | ${one(field.description)} |`, ...fieldsOf(field, at));
  }
  for (const variant of schema.anyOf ?? []) lines.push(...fieldsOf(variant, path));
  if (typeof schema.additionalProperties === 'object')
    lines.push(...fieldsOf(schema.additionalProperties, `${path}.*`));
  return [...new Set(lines)];
};

const table = (schema) => ['| field | type | |', '| --- | --- | --- |', ...fieldsOf(schema), ''];

const renderCatalogue = ({ events, metadata }, nouns, versions) => {
  const lines = [
    '# The event catalogue',
    '',
    'Every event that may stand in the log. Made by `npm run events` from `libs/domain`; a change here is lost.',
    'A type never changes its name; what is shown is its current version, to which older ones are lifted on reading.',
    '',
    '## Envelope',
    '',
    'Each event has an `id` (UUID, version 5, of the command and the index), its `type`, its `data`, and this `metadata`:',
    '',
    ...table(metadata),
  ];
  const found = new Map(events.map((event) => [event.type, event]));
  for (const { noun, types, streams } of nouns) {
    const heard = types.filter((type) => found.has(type));
    if (heard.length === 0) continue;
    lines.push(
      `## ${noun[0].toUpperCase()}${noun.slice(1)}`,
      '',
      `Stream: ${streams.map((name) => `\`${name}\``).join(', ')}`,
      '',
    );
    for (const type of heard) {
      const { description, data } = found.get(type);
      found.delete(type);
      lines.push(
        `### ${type}`,
        '',
        `${one(description)} Version ${versions[type].current}.`.trim(),
        '',
        ...table(data),
      );
    }
  }
  if (found.size > 0) throw new Error(`no noun of libs/domain declares ${[...found.keys()].join(', ')}`);
  return lines.join('\n');
};

const stale = async (path, text) => (await readFile(join(root, path), 'utf8').catch(() => undefined)) !== text;

const { eventVersions } = await loadDomain();
const schemas = generate();
const unversioned = schemas.events.filter(({ type }) => eventVersions[type] === undefined).map(({ type }) => type);
if (unversioned.length > 0) throw new Error(`eventVersions does not know ${unversioned.join(', ')}`);

const outputs = [
  [SCHEMAS, renderSchemas(schemas)],
  [CATALOGUE, renderCatalogue(schemas, await readNouns(), eventVersions)],
];
for (const [path, text] of outputs) {
  if (!(await stale(path, text))) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is stale: run npm run events\n`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
