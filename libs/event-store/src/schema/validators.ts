import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { eventSchemas, metadataSchema } from '../generated/event-schemas.js';
import { InvalidEventError } from '../port.js';

const ajv = new Ajv({ strict: true, allowUnionTypes: true });
const compiled = new Map<string, ValidateFunction>();

/** Compiled when first needed: a start must not pay for types it never writes. */
const validator = (key: string, schema: object): ValidateFunction => {
  let validate = compiled.get(key);
  if (validate === undefined) compiled.set(key, (validate = ajv.compile(schema)));
  return validate;
};

const explain = (errors: readonly ErrorObject[] | null | undefined, where: string): string => {
  // Of a union every variant complains: the deepest complaint is of the variant that was meant.
  const depth = ({ instancePath }: ErrorObject): number => instancePath.split('/').length;
  const error = [...(errors ?? [])].sort((a, b) => depth(b) - depth(a))[0];
  const extra = error?.params['additionalProperty'] as string | undefined;
  const field = `${where}${error?.instancePath ?? ''}${extra === undefined ? '' : `/${extra}`}`;
  return `${field}: ${extra === undefined ? (error?.message ?? 'invalid') : 'unknown field'}`;
};

/** Throws `InvalidEventError` unless the payload has its type's schema; the message names the field. */
export const validateEvent = (type: string, data: unknown): void => {
  const schema = Object.hasOwn(eventSchemas, type) ? eventSchemas[type] : undefined;
  if (schema === undefined) throw new InvalidEventError(`type: no event is called ${JSON.stringify(type)}`);
  const validate = validator(type, schema);
  if (!validate(data)) throw new InvalidEventError(`${type} ${explain(validate.errors, 'data')}`);
};

/** Throws `InvalidEventError` unless the envelope has its schema; the message names the field. */
export const validateMetadata = (metadata: unknown): void => {
  const validate = validator('metadata', metadataSchema);
  if (!validate(metadata)) throw new InvalidEventError(explain(validate.errors, 'metadata'));
};
