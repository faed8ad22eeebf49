// Figures and times as a person reads them.
const pad = number => String(number).padStart(2, '0');
const words = {
  // The server's clock decides how old something is; this says how far ours is away from it.
  skew: 0,
  now() { return Date.now() + words.skew; },

  span(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}m${s < 600 ? pad(s % 60) + 's' : ''}`;
    if (s < 86400) return `${Math.floor(s / 3600)}h${pad(Math.floor(s % 3600 / 60))}m`;
    const d = Math.floor(s / 86400);
    return d < 10 ? `${d}d${Math.floor(s % 86400 / 3600)}h` : `${d}d`;
  },
  exact(seconds) {
    if (seconds === 0) return '0';
    if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
    if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
    return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s` : words.span(seconds);
  },
  clock(time) {
    const d = new Date(time);
    return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
  },
  millis(time) {
    const d = new Date(time);
    return `${words.clock(d)}.${String(d.getMilliseconds()).padStart(3, '0')}`;
  },
  day(time) {
    const d = new Date(time);
    return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  },
  full(time) { return `${words.day(time)} ${words.clock(time)}`; },
  when(time) { return words.day(time) === words.day(words.now()) ? words.clock(time) : words.full(time); },
  bytes(count) {
    if (count === undefined || count === null) return '–';
    const units = ['B', 'Ki', 'Mi', 'Gi', 'Ti'];
    let value = count, unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(value < 10 ? 1 : 0)}${
      units[unit]}`;
  },
  // In hundredths of one core, as top(1) has it.
  cores(count) {
    if (count === undefined || count === null) return '–';
    const percent = count * 100;
    return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
  },
  count(number, noun, plural) { return `${number} ${number === 1 ? noun : plural || noun + 's'}`; },
};

// A time that grows older by itself: the ticker renews the text of all that are on the page.
const aged = (time, mode = 'ago') => {
  if (!time) return h('span.faint', '–');
  const element = h('time', {datetime: time, title: words.full(time), 'data-age': mode});
  renew(element);
  return element;
};
const ageText = (time, mode) => {
  const seconds = (words.now() - Date.parse(time)) / 1000;
  if (mode === 'up') return words.span(seconds);
  if (mode === 'until') return seconds >= 0 ? 'any moment' : `in ${words.span(Math.ceil(-seconds))}`;
  return seconds < 0 ? `in ${words.span(-seconds)}` : `${words.span(seconds)} ago`;
};
const renew = element => setText(element, ageText(element.getAttribute('datetime'), element.dataset.age));
const tick = () => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll('[data-age]')) renew(element);
};

// Health and phase: a shape of its own each, so that nobody has to tell colours apart.
const shapes = {
  healthy: '●',
  recovering: '◐',
  degraded: '◆',
  unhealthy: '▲',
  failed: '✕',
  unknown: '?',
  info: '○',
};
const order = ['failed', 'unhealthy', 'degraded', 'unknown', 'recovering', 'healthy'];
const worse = health => {
  const place = order.indexOf(health);
  return place < 0 ? order.length : place;
};
const tones = {
  Running: 'healthy',
  Succeeded: 'healthy',
  Starting: 'recovering',
  Created: 'info',
  Configured: 'info',
  Stopping: 'info',
  Stopped: 'info',
  Crashed: 'unhealthy',
  Failed: 'failed',
  Unknown: 'unknown',
};
const badge = (tone, text = tone) => h(`span.badge.t-${shapes[tone] ? tone : 'info'}`,
  h('span.shape', {'aria-hidden': 'true'}, shapes[tone] || shapes.info), text);
const mono = (text, title) => h('code', {title}, text);

// A block of text to take along, with a button where the browser lets a page write to the clipboard.
const takeAlong = (text, label) => {
  const pre = h('pre', {tabindex: '0', 'aria-label': label}, text);
  const box = h('div.take', pre);
  if (navigator.clipboard && window.isSecureContext) {
    const button = h('button.small', {
      type: 'button',
      'aria-label': `Copy: ${label}`,
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(text);
          setText(button, 'Copied');
        } catch { setText(button, 'No access'); }
        setTimeout(() => setText(button, 'Copy'), 1500);
      },
    },
      'Copy');
    box.append(button);
  }
  return box;
};
const nothing = (title, ...more) => h('div.nothing', h('p.title', title), more.length ? h('p', more) : null);
