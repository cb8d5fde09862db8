// Choosing a person or a role: a dialog with everybody's presence.

import { byId, h } from "./dom.js";
import { content, me, presenceOf, state } from "./state.js";
import { entries, word } from "./words.js";

const dialog = byId("picker");

/** Ask for a colleague. @param {(to: {id: string, name: string}) => void} onPick */
export function pickPerson(title, hint, onPick) {
  show(title, hint, [people((agent) => onPick(agent), ["ready", "away"])]);
}

/** Ask for a colleague or a role. @param {(to: {to?: string, role?: string, name: string}) => void} onPick */
export function pickTarget(onPick) {
  show("转接", "业主由音乐和提示陪着，没人接就按值班顺序继续找人，不会断线", [
    people((agent) => onPick({ to: agent.id, name: agent.name }), ["ready"]),
    roles((role, name) => onPick({ role, name })),
  ]);
}

function people(onPick, allowed) {
  const agents = state.agents.filter((agent) => agent.id !== me.id);
  if (agents.length === 0) return h("p", { class: "soft" }, "没有别的同事在线");
  return h(
    "ul",
    { class: "choices", "aria-label": "同事" },
    agents.map((agent) => {
      const status = presenceOf(agent);
      return h(
        "li",
        {},
        h(
          "button",
          { type: "button", "data-to": agent.id, class: `person ${status}`, disabled: !allowed.includes(status), onclick: () => close(() => onPick(agent)) },
          h("b", {}, agent.name),
          h("span", { class: "soft" }, word("roles", agent.role)),
          h("span", { class: "state" }, word("presence", status)),
        ),
      );
    }),
  );
}

function roles(onPick) {
  const free = (role) =>
    state.agents.filter((x) => x.role === role && x.id !== me.id && presenceOf(x) === "ready").length;
  return h(
    "ul",
    { class: "choices", "aria-label": "岗位" },
    entries("roles")
      .filter(([role]) => content.transfer_roles.includes(role))
      .map(([role, name]) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", "data-role": role, class: "person", onclick: () => close(() => onPick(role, name)) },
            h("b", {}, name),
            h("span", { class: "state" }, free(role) ? `${free(role)} 人就绪` : "暂时没人就绪"),
          ),
        ),
      ),
  );
}

function show(title, hint, lists) {
  dialog.replaceChildren(
    h("h2", { id: "picker-title" }, title),
    h("p", { class: "soft" }, hint),
    ...lists,
    h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "取消 ", h("kbd", {}, "Esc")),
  );
  dialog.showModal();
}

function close(then) {
  dialog.close();
  then();
}
