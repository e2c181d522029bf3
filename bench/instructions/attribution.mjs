// Whose instructions they were: by the function and the source file of every line, which also finds what the compiler has put into its callers,
// with what libraries did for it.

/** What is told apart, by function or by source file. */
export const parts = {
  metrics: { files: /prometheus[-_]client|(^|\/)src\/metrics\//, functions: /prometheus_client::|belfry::metrics::/ },
  traces: {
    files: /opentelemetry|\/prost-|\/telemetry\/trace\.rs|\/recorded\.rs|\/otlp\.rs|\/domain\/trace\.rs|\/task_local\.rs/,
    functions: /opentelemetry|belfry::telemetry::trace::|::recorded::|::otlp::|hyper::client::|UpgradeableConnection/,
  },
};

/** Where a part hands over to work that is not its own: what it times, what goes on within a span. */
const work = /belfry::|futures_util|tokio::(task|time|runtime)|Future>::poll|Instrumented/;
/** Every look at the clock, for whatever purpose. */
const clocks = /^(<?std::time::(Instant|SystemTime)>?::(now|elapsed)|tokio::time::instant::Instant::(now|elapsed))$/;

/** `{ all, clocks, … }`, in instructions, of a profile as callgrind writes it. */
export function attributed(profile) {
  const names = { file: new Map(), function: new Map() };
  const named = (kind, id, name) => {
    if (id && name) names[kind].set(id, name);
    return name || names[kind].get(id) || '';
  };
  const cost = { all: 0, clocks: 0, ...Object.fromEntries(Object.keys(parts).map((part) => [part, 0])) };
  let [file, fn, calledFile, called] = ['', '', '', ''];
  let isCall = false;
  const belongs = ({ files, functions }, toFile, toFunction) => files.test(toFile) || functions.test(toFunction);
  for (const line of profile.split('\n')) {
    const place = /^(fl|fi|fe|fn|cfl|cfi|cfn)=(?:\((\d+)\))?\s*(.*)$/.exec(line);
    if (place) {
      const [, kind, id, name] = place;
      if (kind === 'fn') fn = named('function', id, name);
      else if (kind === 'cfn') called = named('function', id, name);
      else if (kind.startsWith('c')) calledFile = named('file', id, name);
      else file = named('file', id, name);
    } else if (line.startsWith('calls=')) {
      // The next line has what was spent below the call.
      isCall = true;
    } else if (/^[+\-*\d]/.test(line)) {
      const spent = Number(line.split(' ').at(-1));
      if (!isCall) cost.all += spent;
      else if (clocks.test(called) && !clocks.test(fn)) cost.clocks += spent;
      for (const [part, which] of Object.entries(parts)) {
        if (!belongs(which, file, fn)) continue;
        // What belongs to it is counted where it stands.
        const isOwn = !isCall || !(belongs(which, calledFile, called) || work.test(called));
        if (isOwn) cost[part] += spent;
      }
      if (isCall) calledFile = '';
      isCall = false;
    }
  }
  return cost;
}
