// What the page knows. Everything comes from the stream; nothing here asks for anything.
const eventsMax = 2000;
const samplesMax = 60;

const state = {
  connection: {phase: 'connecting', since: Date.now(), next: 0, reason: ''},
  hello: null,
  head: null,
  instances: new Map(),
  schedules: new Map(),
  // By id, in ascending order of it.
  events: new Map(),
  // Replica → its newest samples.
  usage: new Map(),
  missed: null,
  // The picture that is being sent, until it is whole.
  picture: null,
  isWhole: false,
};

// Who wants to know that something changed: views take part while they are shown.
const watchers = new Set();
let changed = new Set();
let isScheduled = false;
const flush = () => {
  isScheduled = false;
  const what = changed;
  changed = new Set();
  for (const watcher of [...watchers]) watcher(what);
};
// Painting is once for each frame; a hidden page has none, and still keeps its title and icon right.
const touch = (...what) => {
  for (const one of what) changed.add(one);
  if (isScheduled) return;
  isScheduled = true;
  if (document.hidden)
    setTimeout(flush, 500);
  else
    requestAnimationFrame(flush);
};
// A frame that was asked for before the page was hidden does not come.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && isScheduled) setTimeout(flush, 500);
});

const keepEvent = event => {
  const {events} = state;
  const isNewest = !events.size || event.id > lastKey(events);
  events.set(event.id, event);
  if (!isNewest) state.events = new Map([...events].sort((a, b) => a[0] - b[0]));
  while (state.events.size > eventsMax) state.events.delete(state.events.keys().next().value);
};
const lastKey = map => {
  let last;
  for (const key of map.keys()) last = key;
  return last;
};

const sample = (series, value) => {
  series.push(value === undefined ? null : value);
  if (series.length > samplesMax) series.shift();
};

// One message of the stream.
const receive = {
  hello(data) {
    words.skew = Date.parse(data.time) - Date.now();
    if (state.hello && state.hello.epoch !== data.epoch) {
      // Another life of the agent: its history follows.
      state.usage.clear();
      state.events = new Map();
    }
    state.hello = data;
  },
  // What is shown stays until the new picture is whole. Events are known by their ids.
  reset() { state.picture = {head: null, instances: new Map(), schedules: new Map()}; },
  status(data) {
    if (data.observedAt) words.skew = Date.parse(data.observedAt) - Date.now();
    if (state.picture)
      state.picture.head = data;
    else {
      state.head = data;
      touch('head');
    }
  },
  instance(data) {
    if (state.picture) {
      state.picture.instances.set(data.name, data);
      return;
    }
    state.instances.set(data.name, data);
    touch('instances', `instance:${data.name}`);
  },
  removed(data) {
    (state.picture || state).instances.delete(data.name);
    touch('instances', `instance:${data.name}`);
  },
  schedule(data) {
    (state.picture || state).schedules.set(data.name, data);
    if (!state.picture) touch('schedules', `schedule:${data.name}`);
  },
  scheduleRemoved(data) {
    (state.picture || state).schedules.delete(data.name);
    touch('schedules', `schedule:${data.name}`);
  },
  complete() {
    if (state.picture) {
      state.schedules = state.picture.schedules;
      state.head = state.picture.head || state.head;
      state.instances = state.picture.instances;
      state.picture = null;
    }
    state.isWhole = true;
    touch('head', 'instances', 'schedules', 'events', 'picture');
  },
  event(data) {
    keepEvent(data);
    touch('events', `events:${data.instance || ''}`);
  },
  usage(data) {
    for (const one of data.samples) {
      let kept = state.usage.get(one.replica);
      if (!kept || kept.runId !== one.runId) {
        kept = {runId: one.runId, cpu: [], memory: []};
        state.usage.set(one.replica, kept);
      }
      sample(kept.cpu, one.cpuCores);
      sample(kept.memory, one.memoryBytes);
      kept.last = one;
      kept.at = data.time;
    }
    if (state.usage.size > 20000) state.usage.clear();
    touch('usage');
  },
  missed(data) {
    const count = data.topic === 'events' ? data.count : data.events;
    if (!count) return;
    state.missed = {...data, count, at: words.now()};
    touch('connection');
  },
};

// What an Instance uses: the sum of its replicas, sample by sample.
const used = instance => {
  const total = {cpu: undefined, memory: undefined, cpus: [], memories: []};
  for (const replica of instance.replicas) {
    const kept = state.usage.get(replica.name);
    if (!kept || kept.runId !== replica.runId) continue;
    add(total.cpus, kept.cpu);
    add(total.memories, kept.memory);
    if (kept.last.cpuCores !== undefined) total.cpu = (total.cpu || 0) + kept.last.cpuCores;
    if (kept.last.memoryBytes !== undefined) total.memory = (total.memory || 0) + kept.last.memoryBytes;
  }
  return total;
};
// Aligned at the newest sample, which is the last of each.
const add = (sum, series) => {
  while (sum.length < series.length) sum.unshift(null);
  for (let back = 1; back <= series.length; back += 1) {
    const value = series[series.length - back];
    if (value !== null) sum[sum.length - back] = (sum[sum.length - back] || 0) + value;
  }
};

// The agent keeps no series: what a line shows began with this page.
const sparkNote = 'The little lines show CPU and memory since this page was opened, five minutes at most.';
const sparkWidth = 56, sparkHeight = 14;
const spark = (series, label) => {
  const known = series.filter(value => value !== null);
  if (known.length < 2)
    return svg('svg.spark', {width: sparkWidth, height: sparkHeight, 'aria-hidden': 'true'});
  const top = Math.max(...known) || 1;
  const step = sparkWidth / (samplesMax - 1);
  const points = [];
  series.forEach((value, index) => {
    if (value === null) return;
    const x = sparkWidth - (series.length - 1 - index) * step;
    points.push(`${x.toFixed(1)},${(sparkHeight - 1 - value / top * (sparkHeight - 3)).toFixed(1)}`);
  });
  return svg('svg.spark', {
    width: sparkWidth,
    height: sparkHeight,
    viewBox: `0 0 ${sparkWidth} ${sparkHeight}`,
    'aria-hidden': 'true'
  },
    svg('title', label), svg('polyline', {points: points.join(' ')}));
};

const restarts = instance => instance.replicas.reduce((sum, replica) => sum + (replica.restarts || 0), 0);
const upSince = instance => {
  let oldest = null;
  for (const {startedAt} of instance.replicas)
    if (startedAt && (!oldest || startedAt < oldest)) oldest = startedAt;
  return oldest;
};
