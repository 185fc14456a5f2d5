// Forms marked data-saving are sent in the background: a lost connection, an expired session or a second clerk never
// costs what was typed. The submission key in the form makes every retry harmless.
import { clearDraft } from "./drafts.js";
import { note } from "./note.js";

const TIMEOUT = 30_000;
const LOST = "Mất kết nối. Nội dung vẫn còn, bấm Lưu lại để gửi lại.";
const EXPIRED = "Phiên làm việc đã hết. Nội dung vẫn còn ở trang này.";
const FAILED = "Máy chủ gặp lỗi nên chưa lưu. Nội dung vẫn còn, hãy thử lại sau ít phút.";

function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}

function busy(form, on, label) {
  form.dataset.busy = on ? "1" : "";
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", on);
  const save = form.querySelector("[data-save]");
  if (save && label) save.textContent = label;
  const state = form.querySelector("[data-state]");
  if (state && on) state.textContent = "Đang lưu…";
  else if (state) state.textContent = "";
}

async function send(form, submitter, enhance) {
  if (form.dataset.busy) return; // a double click
  const body = new FormData(form, submitter);
  if (token()) body.set("csrfmiddlewaretoken", token()); // a new login in another tab changed it
  busy(form, true);
  note("");
  let response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    response = await fetch(form.action, { method: "POST", body, headers: { "X-Fetch": "1" }, signal });
  } catch {
    busy(form, false, "Lưu lại");
    note(LOST);
    return;
  }
  const login = document.body.dataset.login;
  if ((response.redirected && new URL(response.url).pathname === login) || response.status === 401 || response.status === 403) {
    busy(form, false, "Lưu lại");
    note(EXPIRED, { link: { href: login, text: "Đăng nhập lại ở thẻ mới, rồi quay về đây bấm Lưu lại" } });
    return;
  }
  if (response.status === 204 && response.headers.has("X-Location")) {
    clearDraft();
    location.assign(response.headers.get("X-Location"));
    return;
  }
  if (response.redirected) {
    clearDraft();
    location.assign(response.url);
    return;
  }
  if (![200, 409, 422].includes(response.status)) {
    busy(form, false, "Lưu lại");
    note(FAILED);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector("main");
  document.querySelector("main").replaceWith(fresh);
  enhance(fresh);
}

export function enhanceSaving(root, enhance) {
  for (const form of root.querySelectorAll("form[data-saving]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, event.submitter, enhance);
    });
  }
}
