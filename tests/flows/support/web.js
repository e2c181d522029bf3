// A corner of the web: pages on 127.0.0.1, which a town may open to previews, and the same ones on 127.0.0.2, which nobody opens.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Settings of a town that may ask the pages on 127.0.0.1. */
export const previewing = { LINK_PREVIEWS: 'on', LINK_PREVIEW_NETWORKS: '127.0.0.1' };

export class Web {
  /** Paths that were asked for, in order, with the address before those at 127.0.0.2. */
  asked = [];
  #held = new Map();
  #coming = new Set();

  static async opens(t) {
    const web = new Web();
    const near = createServer((request, response) => web.#answers(request.url, response));
    const forbidden = createServer((request, response) => web.#answers(`127.0.0.2${request.url}`, response));
    // A connection alone would be too much.
    forbidden.on('connection', () => web.asked.push('a connection to 127.0.0.2'));
    const close = async (server) => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    };
    t.after(() => Promise.all([close(near), close(forbidden)]));
    near.listen(0, '127.0.0.1');
    await once(near, 'listening');
    web.port = near.address().port;
    forbidden.listen(web.port, '127.0.0.2');
    await once(forbidden, 'listening');
    return web;
  }

  /** The address of a page: `/held/…` waits for `gives`, `/to?place` leads there, `/nothing…` is none, all others have titles. */
  at(path, host = '127.0.0.1') {
    return `http://${host}:${this.port}${path}`;
  }

  /** What is shown of a page. */
  preview(path) {
    return {
      url: this.at(path),
      title: `Title of ${path}`,
      description: 'Beans & peas',
      imageUrl: this.at('/bean.png'),
      siteName: 'The garden',
    };
  }

  /** How often a path was asked for. */
  count(path) {
    return this.asked.filter((one) => one === path).length;
  }

  /** Resolves when a path that is held has been asked for. */
  async isAsked(path) {
    while (!this.#held.has(path)) await new Promise((resolve) => this.#coming.add(resolve));
  }

  /** Answers a path that was held. */
  gives(path) {
    this.#held.get(path)();
  }

  #answers(path, response) {
    this.asked.push(path);
    if (path.startsWith('/held')) this.#held.set(path, () => shows(path, response));
    else if (path.startsWith('/to?')) response.writeHead(302, { location: path.slice(4) }).end();
    else if (path.startsWith('/nothing')) response.writeHead(404).end();
    else shows(path, response);
    for (const resolve of this.#coming) resolve();
    this.#coming.clear();
  }
}

function shows(path, response) {
  response.setHeader('content-type', 'text/html').end(`<!doctype html><head>
    <title>not this one</title>
    <meta property="og:title" content="  Title of
      ${path} ">
    <meta name="description" content="Beans &amp; peas">
    <meta property="og:image" content="/bean.png">
    <meta property="og:site_name" content="The\u202e garden"></head><body>`);
}
