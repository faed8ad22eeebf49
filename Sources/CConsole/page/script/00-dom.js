'use strict';
// The console of Plumb: one page that looks, and cannot change anything. Its pieces are served as one script.

// The choice of colours is made before anything is painted.
const themes = ['auto', 'light', 'dark'];
const keep = {
  get(store, key) {
    try {
      return store.getItem(key);
    } catch { return null; }
  },
  set(store, key, value) {
    try {
      value === null ? store.removeItem(key) : store.setItem(key, value);
    } catch { /* It is not kept, then. */
    }
  },
};
const theme = () => {
  const kept = keep.get(localStorage, 'plumb.theme');
  return themes.includes(kept) ? kept : 'auto';
};
document.documentElement.dataset.theme = theme();

// Elements. Text always becomes a text node: names, log lines and commit subjects are anybody's.
const fill = (element, kids) => {
  for (const kid of kids) {
    if (Array.isArray(kid))
      fill(element, kid);
    else if (kid instanceof Node)
      element.append(kid);
    else if (kid !== null && kid !== undefined && kid !== false && kid !== '')
      element.append(String(kid));
  }
  return element;
};
const attribute = (element, name, value) => {
  if (name.startsWith('on'))
    element.addEventListener(name.slice(2), value);
  else if (name === 'value' || name === 'checked')
    element[name] = value;
  else if (value === true)
    element.setAttribute(name, '');
  else if (value !== false && value !== null && value !== undefined)
    element.setAttribute(name, String(value));
};
const build = (element, classes, rest) => {
  if (classes.length) element.setAttribute('class', classes.join(' '));
  const [first] = rest;
  const plain = first && typeof first === 'object' && !(first instanceof Node) && !Array.isArray(first);
  if (plain)
    for (const name of Object.keys(first)) attribute(element, name, first[name]);
  return fill(element, plain ? rest.slice(1) : rest);
};
const h = (tag, ...rest) => {
  const [name, ...classes] = tag.split('.');
  return build(document.createElement(name || 'div'), classes, rest);
};
const svg = (tag, ...rest) => {
  const [name, ...classes] = tag.split('.');
  return build(document.createElementNS('http://www.w3.org/2000/svg', name), classes, rest);
};
const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
const setAttr = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};

// Makes the children of an element what `items` says. What did not change stays the very element that it was,
// so that focus, selection and scrolling survive; where the element with the focus is made anew, it gets it
// again.
const patch = (parent, items, make) => {
  const known = parent.patched || (parent.patched = new Map());
  const active = parent.contains(document.activeElement) ? document.activeElement.dataset.f : null;
  const next = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const old = known.get(item.key);
    const reuse = old && old.sign === item.sign;
    const element = reuse ? old.element : make(item);
    next.set(item.key, {element, sign: item.sign});
    if (old && !reuse) {
      if (place === old.element) place = place.nextSibling;
      old.element.remove();
    }
    if (element === place)
      place = place.nextSibling;
    else
      parent.insertBefore(element, place);
  }
  for (const [key, old] of known)
    if (!next.has(key)) old.element.remove();
  parent.patched = next;
  if (active && !parent.contains(document.activeElement)) {
    for (const element of parent.querySelectorAll('[data-f]')) {
      if (element.dataset.f === active) {
        element.focus({preventScroll: true});
        break;
      }
    }
  }
};
const one = (parent, value, make) =>
  patch(parent, [{key: 'one', sign: JSON.stringify(value)}], () => make(value));
