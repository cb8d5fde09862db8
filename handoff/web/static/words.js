// Chinese words and figures on the page.

let words = { kinds: {}, states: {}, roles: {}, categories: {}, ticket_states: {}, flags: {} };
let offset = 0; // server clock minus ours, ms

export function learnWords(boot) {
  words = boot.words;
  setClock(boot.now);
}

export function setClock(serverNow) {
  offset = Date.parse(serverNow) - Date.now();
}

export const now = () => Date.now() + offset;
export const word = (group, key) => words[group]?.[key] ?? key ?? "";
export const entries = (group) => Object.entries(words[group] ?? {});

export const LEVELS = { 1: "一级", 2: "二级", 3: "三级" };
export const FIELDS = {
  building: "楼栋",
  unit: "单元",
  room: "房号",
  place: "位置",
  caller_name: "姓名",
  phone: "电话",
  problem: "情况",
};

export function where(facts) {
  if (!facts) return "";
  const parts = [
    facts.building && `${facts.building}栋`,
    facts.unit && `${facts.unit}单元`,
    facts.room,
  ].filter(Boolean);
  return [parts.join(""), facts.place].filter(Boolean).join(" ");
}

/** 3 minutes 5 seconds → 3:05 */
export function elapsed(from, to = now()) {
  const seconds = Math.max(0, Math.floor((to - Date.parse(from)) / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** 75 → 1 分 15 秒 */
export function minutes(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} 秒` : `${Math.floor(whole / 60)} 分 ${whole % 60} 秒`;
}

/** A deadline as people say it: 还有 1:20 / 已超 0:30 */
export function due(at) {
  const left = Date.parse(at) - now();
  const text = elapsed(new Date(0).toISOString(), Math.abs(left));
  return left >= 0 ? `还有 ${text}` : `已超 ${text}`;
}

export function time(at) {
  return new Date(at).toLocaleTimeString("zh-CN", { hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function dayTime(at) {
  const moment = new Date(at);
  const day = moment.toDateString() === new Date(now()).toDateString();
  const options = { hour12: false, hour: "2-digit", minute: "2-digit" };
  return day
    ? moment.toLocaleTimeString("zh-CN", options)
    : moment.toLocaleString("zh-CN", { month: "numeric", day: "numeric", ...options });
}

/** 138 1234 5678: numbers are read and dialled in groups */
export function grouped(phone) {
  return /^1[\d*]{10}$/.test(phone) ? phone.replace(/^(.{3})(.{4})(.{4})$/, "$1 $2 $3") : phone;
}
