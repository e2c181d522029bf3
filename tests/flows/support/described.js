// Holds all that any story sees to the descriptions: an answer, event or field that they do not have fails the story.

import { appendFileSync } from 'node:fs';
import { asyncapiDocument, openapiDocument, Schemas } from './documents.js';

const seen = new Set();
/** Where runs tell what they saw, for `npm run covered`; a line each. */
const record = process.env.BELFRY_FLOWS_SEEN;

function sees(what) {
  if (seen.has(what)) return;
  seen.add(what);
  if (record) appendFileSync(record, `${what}\n`);
}

const FAULTS_MAX = 20;
/** What was wrong, told at the end of the story whatever it made of it. */
const faults = [];

/** Takes what was wrong since the last call. */
export function takeFaults() {
  return faults.splice(0);
}

function fails(what) {
  // The first few tell what is wrong; a room of hundreds would tell it as often.
  if (faults.length < FAULTS_MAX && !faults.includes(what)) faults.push(what);
}

// REST

let rest;

function restDescription() {
  if (rest) return rest;
  const document = openapiDocument();
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const parts = path.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part.replaceAll('.', '\\.')));
    return {
      path,
      operations,
      pattern: new RegExp(`^${parts.join('/')}$`),
      parameters: parts.filter((part) => part === '[^/]+').length,
    };
  });
  // A path that is written out comes before one with a parameter in the same place.
  paths.sort((one, other) => one.parameters - other.parameters);
  rest = { document, paths, schemas: new Schemas(document) };
  return rest;
}

/** Checks an answer: `{ status, type, headers, text, body }` to a method and a path with its query. */
export function checkAnswer(method, target, answer) {
  const { document, paths, schemas } = restDescription();
  const path = new URL(target, 'http://any').pathname;
  if (!/^\/(api|health|ready|metrics)\b/.test(path) && path !== '/') return;
  const place = paths.find(({ pattern }) => pattern.test(path));
  const operation = place?.operations[method.toLowerCase()];
  const told = `${method} ${path} -> ${answer.status} ${answer.type} ${answer.text.slice(0, 300)}`;
  if (!place) return checkProblem(document, schemas, 'NotFound', answer, told);
  if (!operation) return checkProblem(document, schemas, 'MethodNotAllowed', answer, told);
  const response = operation.responses[answer.status];
  if (!response) return fails(`not described, this status: ${told}`);
  sees(`rest ${method} ${place.path} ${answer.status}`);
  checkResponse(document, schemas, `${operation.operationId} ${answer.status}`, response, answer, told);
}

function checkProblem(document, schemas, name, answer, told) {
  checkResponse(document, schemas, name, { $ref: `#/components/responses/${name}` }, answer, told);
}

function checkResponse(document, schemas, key, reference, answer, told) {
  const name = reference.$ref?.split('/').at(-1);
  const response = name ? document.components.responses[name] : reference;
  for (const [header, { required, schema }] of Object.entries(response.headers ?? {})) {
    const value = answer.headers.get(header);
    if (value === null && required) fails(`not there, the header ${header}: ${told}`);
    if (value === null) continue;
    const typed = schema.type === 'integer' ? Number(value) : value;
    const fault = schemas.fault(`${key} ${header}`, schema, typed);
    if (fault) fails(`${header}: ${fault}: ${told}`);
  }
  const content = Object.entries(response.content ?? {});
  const type = answer.type.split(';')[0];
  if (content.length === 0) {
    if (answer.text !== '') fails(`described as empty: ${told}`);
    return;
  }
  const [, kind] = content.find(([described]) => described === type || described === '*/*') ?? [];
  if (!kind) return fails(`not described, this content type: ${told}`);
  if (answer.body === undefined || !kind.schema) return;
  const fault = schemas.fault(name ?? key, kind.schema, answer.body);
  if (fault) fails(`${fault}: ${told}`);
}

// The socket

let socket;

function socketDescription() {
  if (socket) return socket;
  const document = asyncapiDocument();
  const messageOf = ({ $ref }) => document.channels.socket.messages[$ref.split('/').at(-1)];
  const [fromServer, fromClients] = [new Map(), new Map()];
  for (const { action, channel, messages, reply, 'x-codes': codes } of Object.values(document.operations)) {
    if (channel.$ref !== '#/channels/socket') continue;
    const { name, payload } = messageOf(messages[0]);
    if (action === 'send') fromServer.set(name, payload);
    else fromClients.set(name, { answer: messageOf(reply.messages[0]).payload, codes });
  }
  socket = { document, fromServer, fromClients, schemas: new Schemas(document) };
  return socket;
}

/** Names that a backend of the story's own has published. */
const published = new Set();

/** An event of this name comes from the story's own backend. */
export function isPublished(name) {
  published.add(name);
}

/** Checks an event of the server's. */
export function checkEvent(name, args) {
  const { fromServer, schemas } = socketDescription();
  const payload = fromServer.get(name);
  const told = `the event ${name} ${JSON.stringify(args)?.slice(0, 300)}`;
  if (!payload) {
    if (!published.has(name)) fails(`not described: ${told}`);
    return;
  }
  sees(`event ${name}`);
  if (args.length !== 1) fails(`not one argument: ${told}`);
  const fault = schemas.fault(`event ${name}`, payload, args[0]);
  if (fault) fails(`${fault}: ${told}`);
}

/** Checks what an event of a client's was acknowledged with. */
export function checkAcknowledgement(name, ack) {
  const { fromClients, document, schemas } = socketDescription();
  const told = `the acknowledgement of ${name}: ${JSON.stringify(ack)?.slice(0, 300)}`;
  const described = fromClients.get(name);
  if (ack?.ok === true) {
    if (!described) return fails(`not described: ${told}`);
    sees(`ack ${name}`);
    const fault = schemas.fault(`ack ${name}`, described.answer, ack);
    if (fault) fails(`${fault}: ${told}`);
    return;
  }
  const fault = schemas.fault('Failure', document.components.schemas.Failure, ack);
  if (fault) return fails(`${fault}: ${told}`);
  const { code } = ack.error;
  sees(`ack ${name} ${code}`);
  // An event that there is not is `invalid_argument`, whatever it is called, unless there were too many.
  const codes = described?.codes ?? ['invalid_argument', 'rate_limited'];
  if (!codes.includes(code)) fails(`not described, this code: ${told}`);
}

/** Checks why a handshake was refused. */
export function checkRefusal(message) {
  if (/^(Authentication failed|Invalid namespace)/.test(message)) sees('handshake connect_error');
}

/** Notes that a handshake was answered. */
export function isConnected() {
  sees('handshake connected');
}
