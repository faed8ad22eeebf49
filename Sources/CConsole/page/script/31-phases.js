// The life of each replica as a strip: what phase it was in, from the events that the page has.
const phaseOf = {
  starting: 'Starting',
  started: 'Running',
  ready: 'Ready',
  unready: 'Running',
  stopping: 'Stopping',
  exited: 'Crashed',
  backoff: 'Crashed',
  gaveUp: 'Failed',
  succeeded: 'Succeeded',
  unknown: 'Unknown',
  keeperLost: 'Crashed',
  startRefused: 'Failed',
};
const toneOfPhase = {
  Starting: 'recovering',
  Running: 'recovering',
  Ready: 'healthy',
  Stopping: 'info',
  Crashed: 'unhealthy',
  Failed: 'failed',
  Succeeded: 'healthy',
  Unknown: 'unknown',
  Stopped: 'info',
};
const segments = (replica, events) => {
  const list = [];
  let isAsked = false;
  for (const event of events) {
    if (event.replica !== replica || !phaseOf[event.kind]) continue;
    let phase = phaseOf[event.kind];
    // An exit that somebody asked for is no crash.
    if (event.kind === 'exited' && isAsked) phase = 'Stopped';
    isAsked = event.kind === 'stopping' || (isAsked && event.kind !== 'starting');
    const last = list[list.length - 1];
    if (!last || last.phase !== phase) list.push({phase, from: Date.parse(event.time), text: event.message});
  }
  return list;
};
const strips = instance => {
  const events = [...state.events.values()].filter(
    event => event.instance === instance.name || (event.replica || '').startsWith(`${instance.name}/`));
  const lives = instance.replicas.slice(0, 20)
                  .map(replica => ({replica, parts: segments(replica.name, events)}))
                  .filter(one => one.parts.length);
  if (!lives.length)
    return nothing('No change of phase is remembered here.',
      'It has been as it is for longer than the newest 500 events go back.');
  const end = words.now();
  const start = Math.min(...lives.map(one => one.parts[0].from), end - 60000);
  const width = 1000, tall = 16;
  const x = time => (time - start) / (end - start) * width;
  return h('div.strips', lives.map(({replica, parts}) => {
    const text = parts.slice(-6).map(part => `${part.phase} from ${words.clock(part.from)}`).join(', ');
    return h('div.strip', h('span.name', replica.name),
      svg('svg', {
        viewBox: `0 0 ${width} ${tall}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${replica.name}: ${text}`
      },
        parts.map((part, index) => {
          const until = index + 1 < parts.length ? parts[index + 1].from : end;
          return svg(`rect.t-${toneOfPhase[part.phase]}`, {
            x: x(part.from).toFixed(1),
            y: 0,
            height: tall,
            width: Math.max(2.5, x(until) - x(part.from)).toFixed(1),
          },
            svg('title', `${part.phase} from ${words.full(part.from)}\n${part.text}`));
        })));
  }),
    h('div.strip.axis', h('span.name'), h('div.ends', h('span', words.when(start)), h('span', 'now'))),
    h('p.legend',
      ['Starting', 'Ready', 'Stopping', 'Crashed', 'Failed'].map(
        phase => h(`span.t-${toneOfPhase[phase]}`, h('i', {'aria-hidden': 'true'}),
          phase === 'Starting' ? 'starting, not ready' : phase.toLowerCase()))));
};
