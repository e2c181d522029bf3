// Whose instructions they were: by the source file of every line, which also finds what the compiler has put into its callers.

/** What is told apart, by source file. What a part has libraries do that others use as well (the allocator, locks, the clock) is in none. */
export const parts = {
  metrics: /prometheus[-_]client|(^|\/)src\/metrics\//,
  traces: /opentelemetry|prost|\/telemetry\/|\/recorded\.rs|\/otlp\.rs/,
};

/** `{ all, … }`, in instructions, of a profile as callgrind writes it. */
export function attributed(profile) {
  const files = new Map();
  const cost = { all: 0, ...Object.fromEntries(Object.keys(parts).map((part) => [part, 0])) };
  let file = '';
  let isCall = false;
  for (const line of profile.split('\n')) {
    const place = /^(?:fl|fi|fe)=(?:\((\d+)\))?\s*(.*)$/.exec(line);
    if (place) {
      const [, id, name] = place;
      if (name) files.set(id, name);
      file = name || files.get(id) || '';
    } else if (line.startsWith('calls=')) {
      // The next line has what was spent below the call, which stands in its own place as well.
      isCall = true;
    } else if (/^[+\-*\d]/.test(line)) {
      const spent = Number(line.split(' ').at(-1));
      if (!isCall) {
        cost.all += spent;
        for (const [part, pattern] of Object.entries(parts)) if (pattern.test(file)) cost[part] += spent;
      }
      isCall = false;
    } else {
      const called = /^cf[il]=(?:\((\d+)\))?\s*(.+)$/.exec(line);
      if (called) files.set(called[1], called[2]);
    }
  }
  return cost;
}
