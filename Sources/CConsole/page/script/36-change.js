// Where a person would want a button: the lines to commit, and where. Nothing here changes anything.
const plainName = value => /^[A-Za-z0-9][A-Za-z0-9._/@:-]*$/.test(value);
const quoted = value => plainName(value) ? value : `'${value.replace(/'/g, "'\\''")}'`;
const commitOf = (file, words) =>
  `git add ${quoted(file)}\ngit commit -m '${words.replace(/'/g, '')}'\ngit push`;

const changeTab = name => {
  const box = h('div.changes');
  const update = () => {
    const instance = state.instances.get(name);
    if (!instance || !state.head) return;
    const accepted = state.head.source.accepted;
    one(box,
      [
        instance.declaredAt, instance.unit, instance.desiredReplicas, instance.suspended,
        accepted && accepted.commit, instance.rollout && instance.rollout.state
      ],
      () => changes(instance, accepted));
  };
  return {
    element: box,
    mount: update,
    changed(what) {
      if (what.has(`instance:${name}`) || what.has('head') || what.has('picture')) update();
    }
  };
};
const changes = (instance, accepted) => {
  const {name, declaredAt} = instance;
  if (!declaredAt)
    return nothing('It is declared no longer.',
      'What is left of it is ending. To have it again, bring its declaration back.');
  const file = declaredAt.replace(/:\d+$/, '');
  const stamp = `${words.day(words.now())}T${words.clock(words.now()).slice(0, 5)}`;
  const edit = (title, note, yaml, message) => h('details.how', {open: true}, h('summary', title),
    h('p', note), h('p.label', declaredAt), takeAlong(yaml, `YAML for ${file}`), h('p.label', 'then'),
    takeAlong(commitOf(file, message), 'commands'));
  const now = instance.desiredReplicas;
  const retry = instance.rollout && ['RolledBack', 'Failed'].includes(instance.rollout.state);
  return h('div',
    h('p', 'A commit is the change, and nothing else is. ', mono('plumb diff'),
      ' says beforehand what it would do.'),
    h('div',
      edit('Restart every replica',
        'Any other value restarts it, as its update policy says. It is never rolled back for that.',
        `spec:\n  restartNonce: "${stamp}"`, `Restart ${name}`),
      edit(now > 0 ? `Run more or fewer replicas (now ${now})` : 'Run replicas',
        'Slots come and go; what runs on is not touched.', `spec:\n  replicas: ${now + 1}`,
        `Scale ${name} to ${now + 1}`),
      edit('Stop it',
        'It stays declared, and the fuse does not count it. `desired: running` starts it again.'.replace(
          /`/g, ''),
        'spec:\n  desired: stopped', `Stop ${name}`),
      instance.suspended
        ? edit('Let changes through again', 'Its suspension keeps every change of its spec back.',
            'spec:\n  suspend: false', `Resume ${name}`)
        : edit('Keep it as it is',
            'No change of its spec is applied until the line is taken away. It is supervised as before.',
            'spec:\n  suspend: true', `Suspend ${name}`),
      edit('Change a value of its configuration',
        h('span', 'The fields and what is in force stand under ',
          h('a', {href: instanceHref(name, 'config')}, 'Config'), '.'),
        'spec:\n  config:\n    FIELD: VALUE', `Configure ${name}`),
      edit('Pin the version of its Unit', `It runs ${instance.unit} now.`, `spec:\n  unit: ${instance.unit}`,
        `Pin ${name} to ${instance.unit}`),
      accepted ? h('details.how', {open: true}, h('summary', 'Take the last commit back'),
                   h('p', 'The revision in force is ', chip(accepted),
                     ` by ${who(accepted)}. A revert is a commit like any other, and deploys like one.`),
                   takeAlong(`git revert ${accepted.commit.slice(0, 12)}\ngit push`, 'commands'))
               : null,
      retry
        ? h('details.how', {open: true}, h('summary', 'Try the failed spec once more'),
            h('p',
              'A commit that changes its spec is tried at once. ',
              'Where the host was at fault, and is mended, on the host:'),
            takeAlong(`plumb retry ${quoted(name)}`, 'command'))
        : null,
      h('details.how', {open: true}, h('summary', 'Remove it'),
        h('p',
          'Delete its document. The fuse holds a commit that removes too much of this host at once; ',
          'with prune: protect its runs stay.'),
        h('p.label', declaredAt), takeAlong(commitOf(file, `Remove ${name}`), 'commands'))));
};
