// People's telephones, for admins: whom the chain may ring, under which number or SIP address.

import { get, post } from "./api.js";
import { byId, h, toast } from "./dom.js";
import { me } from "./state.js";
import { word } from "./words.js";

const dialog = byId("phones");

/** Show the button to those who may use it. */
export function offerPhones() {
  const button = byId("phones-open");
  button.hidden = me.role !== "admin";
  button.onclick = open;
}

async function open() {
  try {
    const { accounts } = await get("/api/phones");
    dialog.replaceChildren(
      h("h2", { id: "phones-title" }, "值班电话"),
      h("p", { class: "soft" }, "找人找到电话这一步时响铃，按 1 才算接听。填手机、座机，或 sip:分机@地址；留空就不拨。"),
      h("ul", { class: "phones" }, accounts.map(row)),
      h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "关闭 ", h("kbd", {}, "Esc")),
    );
    dialog.showModal();
  } catch (error) {
    toast(error.message, "error");
  }
}

function row(account) {
  const id = `phone-${account.id}`;
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const field = h("input", { id, inputmode: "tel", maxlength: "128", autocomplete: "off", value: account.phone });
  const save = h("button", { type: "submit" }, "保存");
  return h(
    "li",
    {},
    h(
      "form",
      {
        onsubmit: async (event) => {
          event.preventDefault();
          save.disabled = true;
          try {
            field.value = (await post(`/api/phones/${encodeURIComponent(account.id)}`, { phone: field.value })).phone;
            problem.hidden = true;
            toast(field.value ? `${account.name}的电话已保存` : `${account.name}不再拨打电话`);
          } catch (error) {
            problem.textContent = error.message;
            problem.hidden = false;
          } finally {
            save.disabled = false;
          }
        },
      },
      h("label", { for: id }, account.name, " ", h("span", { class: "soft" }, word("roles", account.role))),
      field,
      save,
      problem,
    ),
  );
}
