// select[data-combo] becomes a box with suggestions. data-combo="local" filters the options of the select, any other
// value is an address that answers [{value, label, hint}] to ?q=. The select stays and holds the value.
// data-within="name": the value of that control goes along as &within=. data-options-url with data-follows="name": the
// options are fetched anew when that control changes.
import { plain, rank } from "./text.js";

const MOST = 30;

function localMatches(select, text) {
  const words = plain(text).split(" ").filter(Boolean);
  const found = [];
  for (const option of select.options) {
    if (!option.value) continue;
    const value = words.length ? rank(words, plain(option.label)) : 0;
    const byCode = text && option.value.toLowerCase() === text.trim().toLowerCase();
    if (value >= 0 || byCode) found.push({ value: option.value, label: option.label, order: byCode ? -1 : value });
  }
  return found.sort((a, b) => a.order - b.order).slice(0, MOST);
}

async function remoteMatches(select, text) {
  const address = new URL(select.dataset.combo, location.origin);
  address.searchParams.set("q", text);
  const within = select.dataset.within && select.form.elements[select.dataset.within];
  if (within?.value) address.searchParams.set("within", within.value);
  const response = await fetch(address, { headers: { "X-Fetch": "1" } });
  if (!response.ok || response.redirected) return [];
  return response.json();
}

class Combo {
  constructor(select) {
    this.select = select;
    this.local = select.dataset.combo === "local";
    const box = (this.box = document.createElement("div"));
    box.className = "combo";
    const input = (this.input = document.createElement("input"));
    Object.assign(input, { type: "text", autocomplete: "off", spellcheck: false, id: select.id, placeholder: select.dataset.placeholder ?? "" });
    select.id = `${select.id}_value`;
    const list = (this.list = document.createElement("ul"));
    list.id = `${input.id}_list`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Gợi ý");
    list.hidden = true;
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
    for (const name of ["aria-describedby", "aria-invalid", "aria-label"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
    input.disabled = select.disabled;
    input.autofocus = select.autofocus;
    select.classList.add("held");
    select.tabIndex = -1;
    select.before(box);
    box.append(input, list, select);
    this.show();
    input.addEventListener("input", () => this.open());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => this.leave());
    list.addEventListener("mousedown", (event) => {
      const item = event.target.closest("[role=option]");
      event.preventDefault();
      if (item) this.choose(Number(item.dataset.index));
    });
    select.addEventListener("draft:restored", () => this.show());
    select.addEventListener("options:changed", () => this.show());
  }

  show() {
    const chosen = this.select.selectedOptions[0];
    this.input.value = chosen?.value ? chosen.label : "";
  }

  async open() {
    const asked = (this.asked = this.input.value);
    if (!this.local) {
      await new Promise((done) => setTimeout(done, 120));
      if (this.asked !== asked) return;
    }
    let found = [];
    try {
      found = this.local ? localMatches(this.select, asked) : asked.trim() ? await remoteMatches(this.select, asked) : localMatches(this.select, "");
    } catch {
      found = localMatches(this.select, asked); // no connection: what the page already has
    }
    if (this.asked !== asked || document.activeElement !== this.input) return;
    this.found = found;
    this.list.replaceChildren(...found.map((match, index) => this.item(match, index)));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(asked.trim() ? 0 : -1);
  }

  item(match, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}_${index}`;
    item.dataset.index = index;
    item.setAttribute("role", "option");
    item.append(match.label);
    if (match.hint) {
      const hint = document.createElement("span");
      hint.className = "muted";
      hint.textContent = ` ${match.hint}`;
      item.append(hint);
    }
    return item;
  }

  mark(index) {
    this.at = index;
    for (const item of this.list.children) item.setAttribute("aria-selected", String(Number(item.dataset.index) === index));
    const item = this.list.children[index];
    if (item) { this.input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
    else this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.asked = null;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  choose(index) {
    const match = this.found[index];
    if (!match) return;
    let option = [...this.select.options].find((other) => other.value === String(match.value));
    if (!option) { option = new Option(match.label, match.value); this.select.add(option); }
    this.set(option.value);
    this.input.value = match.label;
    this.close();
  }

  set(value) {
    if (this.select.value === value) return;
    this.select.value = value;
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  leave() {
    if (!this.list.hidden && this.at >= 0 && this.input.value.trim()) this.choose(this.at);
    this.close();
    if (!this.input.value.trim()) this.set("");
    this.show();
  }

  key(event) {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) { this.input.value = ""; this.open(); return; }
      const count = this.list.children.length;
      this.mark((this.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter" && open) {
      this.choose(this.at); // the key module then moves on
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.close();
      this.show();
    }
  }
}

async function refill(select, value) {
  const address = new URL(select.dataset.optionsUrl, location.origin);
  address.searchParams.set("within", value);
  let rows = [];
  if (value) {
    const response = await fetch(address, { headers: { "X-Fetch": "1" } }).catch(() => null);
    if (response?.ok && !response.redirected) rows = await response.json();
  }
  const chosen = select.value;
  select.replaceChildren(new Option("", ""), ...rows.map((row) => new Option(row.label, row.value)));
  select.value = rows.some((row) => String(row.value) === chosen) ? chosen : "";
  select.dispatchEvent(new CustomEvent("options:changed"));
}

export function enhanceCombos(root) {
  for (const select of root.querySelectorAll("select[data-combo]:not(.held)")) new Combo(select);
  for (const select of root.querySelectorAll("select[data-options-url]")) {
    const leader = select.form?.elements[select.dataset.follows];
    leader?.addEventListener("change", () => refill(select, leader.value));
  }
}
