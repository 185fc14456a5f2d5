// What was typed and not yet saved survives a reload in this tab (sessionStorage), for its user only. It is removed when
// saved, at logout, and when somebody else uses the tab.
import { note } from "./note.js";

const PREFIX = "draft:";
const user = () => document.body.dataset.user ?? "";
const key = () => `${PREFIX}${user()}:${location.pathname}`;

export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX) || name.startsWith("find:")) sessionStorage.removeItem(name);
  }
}

/** Removes drafts of other users; an expired session (no user) keeps them until it is known who comes next. */
export function keepOnlyMine() {
  if (!user()) return;
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX) && !name.startsWith(`${PREFIX}${user()}:`)) sessionStorage.removeItem(name);
  }
}

export function clearDraft() {
  sessionStorage.removeItem(key());
}

function content(form) {
  const data = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  return data.map(([name, value]) => [name, String(value)]);
}

const typed = (entries) => JSON.stringify(entries.filter(([name]) => !/(^|-)(submission|version)$/.test(name)));

function restore(form, entries) {
  const values = new Map();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  form.dispatchEvent(new CustomEvent("draft:rows", { detail: values }));
  for (const control of form.elements) {
    if (!control.name || control.name === "csrfmiddlewaretoken" || control.type === "submit") continue;
    const wanted = values.get(control.name) ?? [];
    if (control.type === "radio" || control.type === "checkbox") control.checked = wanted.includes(control.value);
    else if (wanted.length) control.value = wanted.shift();
    control.dispatchEvent(new CustomEvent("draft:restored"));
  }
}

export function enhanceDrafts(root) {
  const form = root.querySelector("form[data-saving]");
  if (!form || !user()) return;
  const before = typed(content(form));
  const kept = sessionStorage.getItem(key());
  if (kept && root === document && typed(JSON.parse(kept)) !== before) {
    note("Trang này còn nội dung bạn đã nhập mà chưa lưu.", {
      level: "warning",
      actions: [
        { label: "Khôi phục", run: () => { restore(form, JSON.parse(kept)); note(""); } },
        { label: "Bỏ đi", run: () => { clearDraft(); note(""); } },
      ],
    });
  }
  let timer;
  const keep = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const now = content(form);
      if (typed(now) === before && root === document) clearDraft();
      else sessionStorage.setItem(key(), JSON.stringify(now));
    }, 300);
  };
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
}
