// Builds and updates elements. Text always goes in as text: what callers say can never become
// markup. Updating changes elements in place: a button that is being pressed stays the same one.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  element.handlers = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) listen(element, name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child || child === 0));
  return element;
}

/** Marks an element that keeps what the user types: it is moved, never rewritten. */
export function lasting(element) {
  element.lasting = true;
  return element;
}

/** Makes the children of `parent` look and act like `wanted`. */
export function update(parent, wanted) {
  const list = wanted.filter(Boolean);
  let old = parent.firstChild;
  for (const node of list) {
    while (old?.lasting && old !== node && !list.includes(old)) old = drop(old);
    if (old === node) old = old.nextSibling;
    else if (!node.lasting && old && !old.lasting && alike(old, node)) {
      const next = old.nextSibling;
      rewrite(old, node);
      old = next;
    } else parent.insertBefore(node, old);
  }
  while (old) old = drop(old);
}

export const byId = (id) => document.getElementById(id);

export function toast(text, kind = "info") {
  const note = h("p", { class: `toast ${kind}` }, text);
  byId("toasts").append(note);
  setTimeout(() => note.remove(), kind === "error" ? 8000 : 4000);
}

function listen(element, type, handler) {
  if (!(type in element.handlers)) {
    element.addEventListener(type, (event) => element.handlers[type]?.(event));
  }
  element.handlers[type] = handler;
}

function drop(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function alike(old, node) {
  return (
    old.nodeType === node.nodeType &&
    old.nodeName === node.nodeName &&
    old.dataset?.key === node.dataset?.key
  );
}

function rewrite(old, node) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== node.data) old.data = node.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!node.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const type of Object.keys(old.handlers)) if (!node.handlers[type]) old.handlers[type] = null;
  for (const [type, handler] of Object.entries(node.handlers)) listen(old, type, handler);
  if (old.type === "checkbox") old.checked = node.checked;
  update(old, [...node.childNodes]);
}
