// Work by the clock, by what happens, and by files: how it stands, live from the stream.
const runTones = {
  succeeded: 'healthy',
  failed: 'failed',
  timedOut: 'failed',
  lost: 'unknown',
  missed: 'degraded',
  skipped: 'degraded',
  forbidden: 'degraded',
  replaced: 'info',
  stopped: 'info',
  queued: 'recovering',
  waiting: 'recovering',
  starting: 'recovering',
  running: 'recovering',
  stopping: 'recovering',
};
const runWords = {timedOut: 'timed out'};
const runBadge = run => badge(runTones[run.state] || 'info', runWords[run.state] || run.state);
const standing = schedule => {
  if (schedule.trouble) return [scheduleTones[schedule.trouble.kind] || 'degraded', schedule.trouble.kind];
  const active = schedule.active || [];
  if (schedule.state === 'active' && active.length)
    return ['recovering', active.some(run => run.startedAt) ? 'running' : active[0].state];
  if (schedule.state === 'active') return ['healthy', 'active'];
  return ['info', schedule.state === 'hostSuspended' ? 'host suspended' : schedule.state];
};
const troubleRank = schedule => {
  const place = ['broken', 'failing', 'late', 'missed'].indexOf((schedule.trouble || {}).kind);
  return place < 0 ? 4 : place;
};
// `2026-11-22 03:00:00 +01:00`: as clocks in the Schedule's own zone show it.
const zoned = (at, local) => {
  const parts = /^(.{10})T(.{8})(.*)$/.exec(local || '');
  if (!parts) return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
  return `${parts[1]} ${parts[2]} ${parts[3] === '+00:00' ? 'UTC' : parts[3]}`;
};
const firingView = firing => firing
  ? h('span.firing', h('span', zoned(firing.at, firing.local)), ' ',
      h('span.faint', aged(firing.dueAt || firing.at, 'until')))
  : h('span.faint', '–');
const noSchedules = () => nothing('No Schedule is declared for this host.',
  'What is declared in the repository appears here.');

const schedulesPage = () => {
  const box = h('div');
  const update = () => {
    if (!state.isWhole) return;
    const all = [...state.schedules.values()].sort(
      (a, b) => troubleRank(a) - troubleRank(b) || (a.name < b.name ? -1 : 1));
    one(box, all, () => all.length ? table(['Schedule', 'State', 'Next', 'Last', 'Trigger', 'Reason'],
      all.map(schedule => tr(
        h('th.name', {scope: 'row'},
          h('a', {href: scheduleHref(schedule.name), 'data-f': `schedule:${schedule.name}`}, schedule.name)),
        badge(...standing(schedule)), firingView(schedule.next),
        schedule.last
          ? h('span', runBadge(schedule.last), ' ',
              h('span.faint', aged(schedule.last.endedAt || schedule.last.claimedAt)))
          : h('span.faint', '–'),
        schedule.trigger ? mono(schedule.trigger) : h('span.faint', '–'),
        h('span', schedule.message || (schedule.next && schedule.next.note) || ''))),
      'schedules') : noSchedules());
  };
  return {
    title: 'Schedules',
    element: h('div', h('h1', 'Schedules'), box),
    mount: update,
    changed(what) {
      if (what.has('schedules') || what.has('picture')) update();
    },
  };
};

// One Schedule: why it is as it is, when it fires next, and what its runs did.
const schedulePage = name => {
  const top = h('div');
  const shown = {run: null};
  const update = () => {
    const schedule = state.schedules.get(name);
    if (!schedule) {
      if (state.isWhole) one(top, 'none', () => nothing('The agent does not know this Schedule.'));
      return;
    }
    one(top, schedule, () => h('div',
      h('p.meta', badge(...standing(schedule)), schedule.trigger && mono(schedule.trigger),
        schedule.timezone && h('span', schedule.timezone), schedule.action && h('span', schedule.action),
        h('span.place', schedule.declaredAt)),
      schedule.trouble
        ? h('ul.attention', attentionItem({...scheduleItem(schedule), href: null}))
        : schedule.message && h('p', schedule.message)));
  };
  const path = at('v1', 'schedules', name);
  const detail = fetched(`${path}?upcoming=10`, scheduleDetail, {instead: () => h('span')});
  const runs = fetched(`/v1/runs?kind=schedule&limit=50&schedule=${encodeURIComponent(name)}`, document => {
    if (!document.items.length) return nothing('No run of it is remembered.');
    return h('div', runsTable(document.items, id => {
      shown.run = shown.run === id ? null : id;
      showRun();
    }), document.total > document.items.length
      ? h('p.faint', `The newest ${document.items.length} of ${document.total}: `, mono(`plumb runs ${name}`))
      : null);
  }, {instead: () => h('span')});
  const box = h('div', {'aria-live': 'polite'});
  let open = null;
  const showRun = () => {
    if (open) open.unmount();
    open = shown.run ? fetched(at('v1', 'runs', shown.run), runView) : null;
    box.replaceChildren(...(open ? [open.element] : []));
    if (open) open.mount();
    for (const button of runs.element.querySelectorAll('[data-run]'))
      button.setAttribute('aria-expanded', String(button.dataset.run === shown.run));
  };
  return {
    title: name,
    element: h('div', h('h1', name), top, h('section', h('h2', 'Runs'), runs.element, box), detail.element),
    mount() {
      update();
      detail.mount();
      runs.mount();
    },
    unmount() {
      detail.unmount();
      runs.unmount();
      if (open) open.unmount();
    },
    changed(what) {
      if (!what.has('picture') && !what.has(`schedule:${name}`)) return;
      update();
      detail.soon();
      runs.soon();
      if (open) open.soon();
    },
  };
};

const runsTable = (items, choose) => table(
  ['Time', 'State', {text: 'Late', number: true}, {text: 'Took', number: true}, 'Reason', 'Run'],
  items.map(run => tr(
    h('span', zoned(run.nominalAt || run.claimedAt, run.nominalLocal), ' ',
      h('span.faint', aged(run.nominalAt || run.claimedAt))),
    runBadge(run), h('td.num', lateText(run.lateSeconds)),
    h('td.num', run.seconds === undefined ? '–' : words.exact(run.seconds)), h('span', run.reason),
    h('button.small', {
      type: 'button',
      'data-run': run.runId,
      'data-f': `run:${run.runId}`,
      'aria-expanded': 'false',
      onclick: () => choose(run.runId),
    },
      mono(run.runId)))),
  'runs');
// A clock that was set back makes a start look early; that is told as it is.
const lateText = seconds => {
  if (seconds === undefined) return '';
  return seconds < 0 ? `−${words.exact(-seconds)}` : words.exact(seconds);
};

const runView = ({run, attempts, stderr, output, directory, events}) => h('div.panel',
  h('h3', 'Run ', mono(run.runId)),
  facts([
    ['State', h('span', runBadge(run))], ['Reason', run.reason && `${run.reasonCode || ''} ${run.reason}`],
    ['To do', run.remedy && unquoted(run.remedy)], ['Time', zoned(run.nominalAt || run.claimedAt, run.nominalLocal)],
    ['Began', run.startedAt && zoned(run.startedAt)],
    ['Ended', run.endedAt && zoned(run.endedAt)],
    ['Exit', run.exit && run.exit.text],
    ['Used', run.exit && `cpu ${words.exact(run.exit.cpuSeconds)}, memory at most ${
      words.bytes(run.exit.memoryPeakBytes)}`],
    ['Trigger', run.trigger], ['Revision', h('span', chip(run.revision), ' ', run.revision.subject)],
    ['Files', directory && mono(directory)],
  ]),
  attempts && attempts.length > 1 ? table(['Attempt', 'Began', 'Exit'],
    attempts.map((attempt, index) => tr(`${index + 1}`, attempt.startedAt ? zoned(attempt.startedAt)
      : 'never', attempt.exit ? attempt.exit.text : '')), 'attempts') : null,
  stderr ? [h('h4', 'The last of stderr'), h('pre', {tabindex: '0'}, ansi.plain(stderr))] : null,
  output && output.length ? table([{text: 'Size', number: true}, 'Output'],
    output.map(file => tr(h('td.num', words.bytes(file.bytes)), mono(file.path))), 'output') : null,
  events.length ? [h('h4', 'Events'), h('ul', events.map(
    event => h('li', h('span.faint', words.full(event.time)), ' ', ansi.plain(event.message))))] : null,
  run.state === 'missed' || run.state === 'forbidden' || run.state === 'skipped' ? null
    : takeAlong(`plumb runs logs ${run.runId}`, 'command for its logs'));

const scheduleDetail = ({declared, upcoming, counts}) => declared ? h('div',
  upcoming && upcoming.length ? h('section', h('h2', 'Next times'),
    table(['Time', 'In', 'Note'], upcoming.map(firing => tr(zoned(firing.at, firing.local),
      aged(firing.dueAt || firing.at, 'until'), firing.note || '')), 'next times')) : null,
  h('section', h('h2', 'Declared'), facts([
    ['Action', declared.action + (declared.reference ? ` (${declared.reference})` : '')],
    ['Trigger', mono(declared.trigger)], ['Time zone', declared.timezone],
    ['Clock changes', `gap ${declared.dstGap}, overlap ${declared.dstOverlap}`],
    ['Catch up', declared.catchUp], ['Concurrency', declared.concurrency],
    ['Starting deadline', declared.startingDeadline], ['Window', declared.window],
    ['Timeout', declared.timeout],
    ['Retries', declared.retries ? `${declared.retries}, after ${declared.backoff}` : null],
    ['Depends on', declared.dependsOn.map(one => `${one.instance} ${one.condition}`).join(', ')],
    ['Runs remembered', counts && Object.entries(counts).map(
      ([word, count]) => `${count} ${runWords[word] || word}`).join(', ')],
  ])),
  takeAlong('spec:\n  runNonce: "1"   # any other value: one run now', 'change for one run now'))
  : nothing('This agent reads and checks Schedules, and does not run them yet.');
