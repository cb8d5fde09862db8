// Day or night, remembered on this machine.

const set = (theme) => {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
};

/** @param {HTMLButtonElement} button changes it */
export function rememberTheme(button) {
  set(localStorage.getItem("theme") ?? "night");
  button.onclick = () => set(document.documentElement.dataset.theme === "day" ? "night" : "day");
}
