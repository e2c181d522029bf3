// The two descriptions as the program prints them, with validators that take nothing that is not described.

import { execFileSync } from 'node:child_process';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { belfryBinary } from './program.js';

const LIMIT_MS = 30_000;

/** OpenAPI or AsyncAPI, printed once a process. */
function printed(which) {
  const text = execFileSync(belfryBinary(), ['describe', which], { timeout: LIMIT_MS, maxBuffer: 2 ** 24 });
  return JSON.parse(text);
}

let openapi;
let asyncapi;

export function openapiDocument() {
  openapi ??= printed('openapi');
  return openapi;
}

export function asyncapiDocument() {
  asyncapi ??= printed('asyncapi');
  return asyncapi;
}

/** Validators of the schemas of one document, each compiled when it is first needed. */
export class Schemas {
  #ajv;
  #compiled = new Map();

  constructor(document) {
    // Formats that say how large a number is are not JSON Schema's, and what is absent is not to be filled in.
    this.#ajv = formats(new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true }));
    for (const format of ['int32', 'int64', 'password']) this.#ajv.addFormat(format, true);
    this.#ajv.addVocabulary(['example', 'components']);
    const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [name, closedWithin(schema)]);
    this.#ajv.addSchema({ $id: 'document', components: { schemas: Object.fromEntries(schemas) } });
  }

  /** What is wrong with a value, in one line; undefined where nothing is. `key` names the schema for good. */
  fault(key, schema, value) {
    let validate = this.#compiled.get(key);
    if (!validate) {
      validate = this.#ajv.compile(closed(absolute(schema)));
      this.#compiled.set(key, validate);
    }
    if (validate(value)) return undefined;
    const [first, ...others] = validate.errors.filter(({ keyword }) => keyword !== 'if');
    const { instancePath, message, params } = first;
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `${instancePath || 'the whole'} ${message} ${JSON.stringify(params)}${more}`;
  }
}

/** References inside a schema that stands alone, as those of the document that they are meant for. */
function absolute(schema) {
  const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/');
  return JSON.parse(text);
}

/**
 * The schema where a value stands: an object has no property that is not described. Parts of an `allOf` and the choices of a `oneOf` see
 * one part of the value each, and stay open.
 */
function closed(schema) {
  const within = closedWithin(schema);
  const describes = ['properties', '$ref', 'allOf', 'oneOf', 'anyOf'].some((key) => key in within);
  const isObject = describes || within.type === 'object';
  if (!isObject || 'additionalProperties' in within) return within;
  return { ...within, unevaluatedProperties: false };
}

function closedWithin(schema) {
  if (schema === true || schema === false) return schema;
  const within = { ...schema };
  const each = (key, change) => {
    if (within[key]) within[key] = change(within[key]);
  };
  each('properties', (fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, closed(field)])),
  );
  each('items', closed);
  for (const key of ['allOf', 'oneOf', 'anyOf']) each(key, (parts) => parts.map(closedWithin));
  return within;
}
