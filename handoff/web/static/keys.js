// Everything the keyboard does, and the list of it under "?".

import { byId, h } from "./dom.js";

/** @typedef {{keys: string, text: string, press: () => boolean|void}} Shortcut
 *  keys as shown ("A", "Shift+H", "1–9"); `press` returns false when there is nothing to do */

const dialog = byId("help");

/** @param {Shortcut[]} shortcuts */
export function listen(shortcuts) {
  fillHelp(shortcuts);
  byId("help-open").onclick = () => dialog.showModal();
  document.addEventListener("keydown", (event) => {
    // A window just closed may keep the focus for a moment: only an open one takes the keys.
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const pressed = nameOf(event);
    for (const { keys, press } of shortcuts) {
      if (!(keys === "1–9" ? /^[1-9]$/.test(pressed) : keys === pressed)) continue;
      if (press(pressed) === false) continue;
      event.preventDefault();
      return;
    }
    if (pressed === "?") dialog.showModal();
  });
}

function nameOf(event) {
  if (event.key === "?" || event.key === "？") return "?";
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return event.shiftKey && key.length === 1 && /[A-Z]/.test(key) ? `Shift+${key}` : key;
}

function fillHelp(shortcuts) {
  const rows = new Map();
  for (const { keys, text } of shortcuts) rows.set(keys, [...(rows.get(keys) ?? []), text]);
  rows.set("Ctrl+Enter", ["在备注里：办结"]);
  rows.set("Tab、Enter", ["移动焦点、按下"]);
  rows.set("Esc", ["关闭窗口"]);
  rows.set("?", ["这张表"]);
  dialog.replaceChildren(
    h("h2", { id: "help-title" }, "快捷键"),
    h(
      "dl",
      { class: "shortcuts" },
      [...rows].map(([keys, texts]) => h("div", {}, h("dt", {}, h("kbd", {}, keys)), h("dd", {}, texts.join("；")))),
    ),
    h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "知道了"),
  );
}
