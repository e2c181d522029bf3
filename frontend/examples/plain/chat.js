// A room with the stock client and no build: the three rules that a client of Belfry has to keep are marked.
import { io } from '/socket.io.esm.min.js';

const ROOM = 'lobby';
const [status, list] = [document.querySelector('[role=status]'), document.querySelector('ol')];
const [enter, write] = [document.querySelector('#enter'), document.querySelector('#write')];

/** By place in the room. */
const messages = new Map();
/** What was written and not acknowledged, in the order written. */
const unsent = [];
/** The room's revision up to which everything is in `messages`. */
let rev;
let socket;

enter.addEventListener('submit', async (event) => {
  event.preventDefault();
  const username = new FormData(enter).get('name');
  const response = await fetch('/api/auth/guest', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  });
  const answer = await response.json();
  if (!response.ok) {
    status.textContent = answer.detail;
    return;
  }
  enter.hidden = true;
  write.hidden = false;
  connect(answer.accessToken);
});

function connect(token) {
  socket = io({ auth: { token } });

  socket.on('connect', () => {
    // Rule 1: join again after each connect, and say with `since` what is known; only what changed comes.
    socket.emit('join:room', { roomId: ROOM, since: rev }, (answer) => {
      if (!answer.ok) return say(answer.error.message);
      say('Connected');
      flush();
    });
  });
  socket.on('disconnect', () => say('No connection'));
  socket.on('connect_error', (error) => {
    // The client tries again by itself, unless the server does not want it: then a guest has to come in anew.
    if (!socket.active) say(error.message);
  });

  socket.on('room:history', (history) => {
    if (history.mode !== 'delta') messages.clear();
    for (const message of history.messages) messages.set(message.seq, message);
    rev = history.rev;
    draw();
  });

  // Rule 2: every change has the room's next `rev`; one that does not follow means that something was missed.
  for (const name of ['message:new', 'message:updated']) {
    socket.on(name, (message) =>
      follow(message.rev, () => messages.set(message.seq, { ...messages.get(message.seq), ...message })),
    );
  }
  socket.on('message:deleted', ({ rev, seq, deletedAt }) =>
    follow(rev, () => messages.set(seq, { ...messages.get(seq), content: '', deletedAt })),
  );
  for (const name of ['message:clapped', 'message:reacted', 'room:updated'])
    socket.on(name, ({ rev }) => follow(rev, () => {}));
}

function follow(next, change) {
  if (next <= rev) return;
  if (next > rev + 1) return socket.emit('join:room', { roomId: ROOM, since: rev });
  rev = next;
  change();
  draw();
}

write.addEventListener('submit', (event) => {
  event.preventDefault();
  unsent.push({ roomId: ROOM, content: new FormData(write).get('content'), clientId: clientId() });
  write.reset();
  draw();
  flush();
});

let sending = false;

/** Rule 3: a message keeps its `clientId` however often it is sent, so the server keeps it once; one after the other keeps the order. */
async function flush() {
  if (sending) return;
  sending = true;
  while (unsent.length > 0 && socket.connected) {
    try {
      const answer = await socket.timeout(10_000).emitWithAck('message:send', unsent[0]);
      if (answer.ok) unsent.shift();
      else if (answer.error.code === 'rate_limited' || answer.error.code === 'unavailable') {
        await new Promise((resume) => setTimeout(resume, answer.error.retryAfterMs ?? 1000));
      } else {
        unsent.shift();
        say(answer.error.message);
      }
    } catch {
      // No answer: it may or may not be there. The next connect sends it again.
      break;
    }
  }
  sending = false;
  draw();
}

function draw() {
  const known = new Set([...messages.values()].map((message) => message.clientId));
  const rows = [...messages.values()].sort((a, b) => a.seq - b.seq);
  const waiting = unsent.filter((message) => !known.has(message.clientId));
  list.replaceChildren(
    ...rows.map((message) =>
      row(message.deletedAt ? '(deleted)' : `${message.username}: ${message.content}`),
    ),
    ...waiting.map((message) => row(`${message.content} (waiting)`)),
  );
}

function row(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}

/** Not `crypto.randomUUID`, which only pages of https and of this machine have. */
function clientId() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
}

function say(text) {
  status.textContent = text;
}
