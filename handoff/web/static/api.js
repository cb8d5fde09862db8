// The desk's JSON interface.

let csrf = "";

export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? `请求失败（${status}）`);
    this.status = status;
    this.code = error?.code ?? "";
    this.by = error?.by ?? "";
  }
}

async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw new ApiError(0, { message: "网络中断，没有送达，请重试" });
  }
  if (answer.status === 401) {
    location.assign("/login");
    throw new ApiError(401, { message: "登录已过期" });
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new ApiError(answer.status, content.error);
  return content;
}

export async function boot() {
  const content = await call("GET", "/api/boot");
  csrf = content.csrf;
  return content;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const act = (id, action, body = {}) => post(`/api/handoffs/${id}/${action}`, body);
