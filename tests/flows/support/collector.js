// A collector of traces as small as can be: it takes OTLP over HTTP, as protobuf, and remembers every span.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { within } from './limits.js';

const proto = protobuf.loadSync(fileURLToPath(new URL('otlp.proto', import.meta.url)));
const Request = proto.lookupType('ExportTraceServiceRequest');
const hex = (bytes) => Buffer.from(bytes).toString('hex');

export class Collector {
  /** `{ name, trace, id, parent, replica, attributes, links, status, start, end }` */
  spans = [];
  /** Bodies as they came. */
  bodies = [];
  asked = 0;
  #waiting = new Set();

  /** `answers` may be replaced: by default all is taken. */
  static async opens(t) {
    const collector = new Collector();
    collector.server = createServer((request, response) => {
      collector.asked += 1;
      collector.#look();
      Promise.resolve(collector.answers(request, response)).catch((error) => {
        // Who asked may be gone in the middle.
        if (error.code !== 'ECONNRESET') throw error;
      });
    });
    collector.server.listen(0, '127.0.0.1');
    await once(collector.server, 'listening');
    collector.url = `http://127.0.0.1:${collector.server.address().port}`;
    t.after(() => collector.closes());
    return collector;
  }

  async closes() {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  answers = async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf') {
      return response.writeHead(404).end();
    }
    this.#takes(body);
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  };

  /** Settings that send here all that happens. */
  get settings() {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: this.url, OTEL_TRACES_SAMPLER_ARG: '1' };
  }

  /** Resolves with what `find` finds among the spans, now or later. */
  finds(find, what) {
    return this.#when(
      () => find(this.spans),
      what,
      () => this.saw(),
    );
  }

  /** Resolves when there was a request. */
  isAsked(times = 1) {
    return this.#when(() => this.asked >= times, `${times} requests to the collector`);
  }

  #when(look, what, seen) {
    let check;
    const coming = new Promise((resolve) => {
      check = () => {
        const found = look();
        if (found) resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
    return within(coming, what, { seen }).finally(() => this.#waiting.delete(check));
  }

  /** All spans, a line each. */
  saw() {
    return this.spans
      .map((one) => `${one.trace.slice(0, 8)} ${one.parent || '-'.repeat(16)} > ${one.id} ${one.name} @${one.replica}`)
      .join('\n');
  }

  #takes(body) {
    this.bodies.push(body);
    const request = Request.toObject(Request.decode(body), { longs: String, arrays: true });
    for (const { resource, scopeSpans } of request.resourceSpans) {
      const replica = named(resource.attributes)['service.instance.id'];
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        this.spans.push({
          name: span.name,
          trace: hex(span.traceId),
          id: hex(span.spanId),
          parent: hex(span.parentSpanId ?? []),
          kind: span.kind,
          replica,
          attributes: named(span.attributes),
          links: span.links.map((link) => ({ trace: hex(link.traceId), id: hex(link.spanId) })),
          status: span.status,
          start: BigInt(span.startTimeUnixNano),
          end: BigInt(span.endTimeUnixNano),
        });
      }
    }
    this.#look();
  }

  #look() {
    for (const check of [...this.#waiting]) check();
  }
}

const named = (attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value ?? {})[0]]));
