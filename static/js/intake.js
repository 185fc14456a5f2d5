// Screens of files that come in: dropping a file on the page, sending it with a progress bar, deciding by one key.
// Without scripts the forms work as they are.
import { enhanceCombos } from "./combobox.js";
import { note } from "./note.js";

const LOST = "Mất kết nối, tệp chưa gửi xong. Bấm gửi lại khi có mạng: gửi hai lần không tạo hai bản.";
const EXPIRED = "Phiên làm việc đã hết nên tệp chưa được nhận.";
const FAILED = "Máy chủ gặp lỗi nên chưa nhận tệp. Hãy thử lại sau ít phút.";

function size(bytes) {
  return bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1).replace(".", ",")} MB`;
}

function busy(form, on) {
  form.dataset.busy = on ? "1" : "";
  form.querySelector("[data-save]").setAttribute("aria-disabled", on);
  form.querySelector("progress").hidden = !on;
}

function refused(form, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("main");
  const kept = form.elements.file.files;
  document.querySelector("main").replaceWith(fresh);
  const again = fresh.querySelector("form[data-upload]");
  if (again && !fresh.querySelector("#id_file_error")) again.elements.file.files = kept; // the file itself was fine
  enhanceCombos(fresh);
  enhanceUpload(fresh);
  fresh.querySelector("[data-focus]")?.focus();
}

function send(form) {
  if (form.dataset.busy) return; // a double click
  const state = form.querySelector("[data-state]");
  const bar = form.querySelector("progress");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-Fetch", "1");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = (100 * event.loaded) / event.total;
    state.textContent = event.loaded < event.total ? `Đã gửi ${size(event.loaded)} trong ${size(event.total)}` : "Đã gửi xong, đang nhận…";
  });
  const failed = (text, link = null) => {
    busy(form, false);
    state.textContent = "";
    note(text, { link });
  };
  request.addEventListener("error", () => failed(LOST));
  request.addEventListener("load", () => {
    const login = document.body.dataset.login;
    const there = request.getResponseHeader("X-Location");
    if (request.status === 204 && there) location.assign(there);
    else if (new URL(request.responseURL).pathname === login || request.status === 403) failed(EXPIRED, { href: login, text: "Đăng nhập lại ở thẻ mới, rồi quay về đây gửi lại" });
    else if (request.status === 422) refused(form, request.responseText);
    else failed(FAILED);
  });
  note("");
  busy(form, true);
  const body = new FormData(form);
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token) body.set("csrfmiddlewaretoken", token); // a new login in another tab changed it
  request.send(body);
}

function enhanceUpload(root) {
  const form = root.querySelector("form[data-upload]");
  if (!form) return;
  const hint = form.querySelector("[data-drop-hint]");
  const told = hint.textContent;
  const input = form.elements.file;
  hint.textContent = `Kéo tệp thả vào trang này, hoặc chọn tệp. ${told}`;
  input.addEventListener("change", () => {
    const [file, ...others] = input.files;
    const total = [...input.files].reduce((sum, each) => sum + each.size, 0);
    if (others.length) hint.textContent = `${others.length + 1} tệp, ${size(total)}`;
    else hint.textContent = file ? `${file.name}, ${size(file.size)}` : told;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

function enhanceDropping() {
  const box = () => document.querySelector("[data-dropzone]");
  const carriesFile = (event) => box() && event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    box().classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) box()?.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    box().classList.remove("over");
    const form = box().closest("form");
    if (form.dataset.busy) return;
    if (event.dataTransfer.files.length > 1 && !form.elements.file.multiple) {
      note("Mỗi lần gửi một tệp: chỉ nhận tệp đầu tiên.", { level: "warning" });
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      form.elements.file.files = one.files;
    } else {
      form.elements.file.files = event.dataTransfer.files;
    }
    form.elements.file.dispatchEvent(new Event("change"));
    form.querySelector("[data-save]").focus();
  });
}

// One key decides a row; the next row comes in its place. A key that is held down decides nothing twice.
function enhanceDeciding() {
  let waiting = false;
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.closest("#quyet")) waiting = true; });
  document.addEventListener("htmx:afterRequest", () => { waiting = false; });
  document.addEventListener("htmx:sendError", () => note("Mất kết nối: quyết định vừa rồi chưa được lưu."));
  document.addEventListener("htmx:responseError", () => note("Máy chủ gặp lỗi nên quyết định vừa rồi chưa được lưu. Hãy tải lại trang."));
  document.addEventListener("keydown", (event) => {
    const page = document.getElementById("quyet");
    if (!page || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches?.("input:not([type=hidden]), textarea, select")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "ArrowDown" || key === "ArrowUp") {
      const stops = [...page.querySelectorAll("[data-pick]")];
      const here = stops.indexOf(document.activeElement);
      stops[key === "ArrowDown" ? Math.min(here + 1, stops.length - 1) : Math.max(here - 1, 0)]?.focus();
      event.preventDefault();
      return;
    }
    const control = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const pressed = control ?? (key === "Enter" && document.activeElement.matches("#quyet button") ? document.activeElement : null);
    if (!pressed) return;
    if (event.repeat || waiting) { event.preventDefault(); return; }
    if (control) { event.preventDefault(); control.click(); }
  });
}

enhanceUpload(document);
enhanceDropping();
enhanceDeciding();
