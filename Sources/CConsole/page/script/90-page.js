// The frame: header, addresses behind the #, keys.
const pages = [
  ['', 'Overview'], ['plan', 'Plan'], ['events', 'Events'], ['graph', 'Dependencies'],
  ['revisions', 'Revisions'], ['schedules', 'Schedules'], ['units', 'Units'], ['audit', 'Audit']
];
let view = null;
const segmentsOf = hash => hash.replace(/^#\/?/, '').split('/').map(part => {
  try {
    return decodeURIComponent(part);
  } catch { return part; }
});
const make = () => {
  const [page, name, tab] = segmentsOf(location.hash);
  switch (page) {
    case 'instances':
      return name ? instancePage(name, tab || '') : overview();
    case 'plan':
      return planPage();
    case 'events':
      return eventsPage();
    case 'graph':
      return graphPage();
    case 'revisions':
      return revisionsPage(name);
    case 'schedules':
      return name ? schedulePage(name) : schedulesPage();
    case 'units':
      return unitsPage();
    case 'audit':
      return auditPage();
    default:
      return overview();
  }
};
let scrolls = new Map(), shown = null;
const route = (isSame) => {
  if (location.hash === '#main') return;
  if (shown !== null) scrolls.set(shown, scrollY);
  if (view && view.unmount) view.unmount();
  const main = document.getElementById('main');
  view = make();
  main.replaceChildren(view.element);
  view.mount();
  shown = location.hash;
  if (isSame !== true) scrollTo(0, scrolls.get(shown) || 0);
  showHeader();
  showTitle();
};

const showHeader = () => {
  const [page] = segmentsOf(location.hash);
  const now = page === 'instances' ? '' : page;
  const {phase} = state.connection;
  const head = state.head;
  one(document.getElementById('top'),
    [now, phase, theme(), head && head.node, head && head.version, Boolean(token())],
    () => h('div.top-in',
      h('a.brand', {href: '#/', 'aria-label': 'Plumb, overview', 'data-f': 'brand'},
        svg('svg', {viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true'},
          svg('path.line', {d: 'M8 0v6'}), svg('path.bob', {d: 'M4.5 6.5h7L8 16z'})),
        h('b', 'Plumb')),
      h('span.node', {title: head ? `version ${head.version}` : ''}, head ? head.node : ''),
      h('nav', {'aria-label': 'Pages'},
        pages.map(([id, title]) => h('a', {
          href: `#/${id}`,
          'aria-current': id === now ? 'page' : null,
          'data-f': `page:${id}`,
        },
                    title))),
      h('div.right',
        h(`span.link.${phase}`, {title: 'The stream of this page'}, h('span.dot', {'aria-hidden': 'true'}),
          {connecting: 'Connecting', live: 'Live', down: 'Disconnected', denied: 'Refused'}[phase]),
        token() ? h('button.small', {
          type: 'button',
          'data-f': 'forget',
          onclick() {
            keep.set(sessionStorage, 'plumb.token', null);
            live.start();
          }
        },
                    'Forget token')
                : null,
        h('button.small', {
          type: 'button',
          'data-f': 'theme',
          title: 'Colours: auto, light, dark',
          onclick() {
            const next = themes[(themes.indexOf(theme()) + 1) % themes.length];
            keep.set(localStorage, 'plumb.theme', next);
            document.documentElement.dataset.theme = next;
            showHeader();
          }
        },
          {auto: 'Auto', light: 'Light', dark: 'Dark'}[theme()], h('span.hidden', ' colours')),
        h('button.small', {type: 'button', 'data-f': 'help', 'aria-label': 'Keys', onclick: help}, '?'))));
};

// The tab's own title and icon tell the worst, also where the page is not looked at.
let iconTone = '';
const showTitle = () => {
  const items = state.head ? attention() : [];
  const count = items.filter(item => item.rank < 4).length;
  const page = view && view.title ? `${view.title} · ` : '';
  const title = `${
    isStale() ? '(stale) '
      : count ? `(${count}) `
              : ''}${page}${state.head ? state.head.node : 'Plumb'}`;
  if (document.title !== title) document.title = title;
  const worst = items.some(item => item.rank < 1) ? 'd0342c' : count ? 'c98a00' : '2b8a5a';
  const tone = isStale() || !state.isWhole ? '808890' : worst;
  if (tone === iconTone) return;
  iconTone = tone;
  const icon = document.getElementById('icon');
  icon.href = icon.href.replace(/%23[0-9a-f]{6}/g, `%23${tone}`);
};

const keys = [
  ['/', 'search on this page'],
  ['j or ↓', 'next Instance'],
  ['k or ↑', 'the one before'],
  ['Enter', 'open it'],
  ['Esc', 'back to the overview'],
  ['1 … 8', 'the pages, from the left'],
  ['Space', 'pause and go on, in the log'],
  ['t', 'colours'],
  ['?', 'this list'],
];
const help = () => {
  const dialog = h('dialog.help', {'aria-labelledby': 'keys'}, h('h2', {id: 'keys'}, 'Keys'),
    h('dl', keys.map(([key, what]) => h('div', h('dt', h('kbd', key)), h('dd', what)))),
    h('p.faint', 'This page cannot change anything: a commit is the change.'),
    h('button', {type: 'button', onclick: () => dialog.close()}, 'Close'));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};
const pressed = event => {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
  if (view && view.key && view.key(event)) {
    event.preventDefault();
    return;
  }
  const isWriting = event.target.closest && event.target.closest('input:not([type=radio]), select, textarea');
  if (isWriting) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const step = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1}[event.key];
  const isInLinks = document.activeElement && document.activeElement.closest('table.instances');
  if (event.key === '/' && view.search)
    view.search();
  else if (event.key === '?')
    help();
  else if (event.key === 't')
    document.querySelector('[data-f=theme]').click();
  else if (event.key === 'Escape' && location.hash.length > 2)
    location.hash = '#/';
  else if (/^[1-8]$/.test(event.key))
    location.hash = `#/${pages[Number(event.key) - 1][0]}`;
  else if (step && view.step && (event.key.length === 1 || isInLinks))
    view.step(step);
  else
    return;
  event.preventDefault();
};

watchers.add(what => {
  if (what.has('connection') || what.has('head') || what.has('picture')) {
    showHeader();
    showConnection();
  }
  if (view && view.changed) view.changed(what);
  if (['head', 'instances', 'schedules', 'picture', 'connection'].some(one => what.has(one))) showTitle();
});
addEventListener('hashchange', () => {
  route();
  document.getElementById('main').focus({preventScroll: true});
});
addEventListener('keydown', pressed);
addEventListener('DOMContentLoaded', () => {
  history.scrollRestoration = 'manual';
  document.getElementById('skip').addEventListener('click', event => {
    event.preventDefault();
    document.getElementById('main').focus();
  });
  route();
  showConnection();
  live.start();
  setInterval(tick, 1000);
});
