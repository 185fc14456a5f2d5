// input[data-icd10="/tra-cuu/icd10/"]: suggestions by code or by words of the name. The choice fills the code, and the
// box for the name beside it (which may be edited). Words that were not looked up move to the name: a diagnosis may
// have no code. The list is the one in force on the day of the visit.
import { fill } from "./fill.js";

const WAIT = 130;
let serial = 0;
const states = new WeakMap();

function stateOf(input) {
  let state = states.get(input);
  if (state) return state;
  const list = document.createElement("ul");
  list.id = `icd-${(serial += 1)}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Mã bệnh");
  input.after(list); // inside the .icdbox of the row
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("[role=option]");
    if (item) choose(input, Number(item.dataset.index));
  });
  state = { list, found: [], at: -1, asked: "" };
  states.set(input, state);
  return state;
}

const nameBox = (input) => input.closest("tr").querySelector('[name$="-name"]');

async function look(input) {
  const state = stateOf(input);
  const asked = (state.asked = input.value.trim());
  if (asked.length < 2) return close(input);
  await new Promise((done) => setTimeout(done, WAIT));
  if (state.asked !== asked) return;
  const address = new URL(input.dataset.icd10, location.origin);
  address.searchParams.set("q", asked);
  address.searchParams.set("within", input.form.elements.exam_date?.value ?? "");
  let found = [];
  try {
    const response = await fetch(address, { headers: { "X-Fetch": "1" } });
    if (response.ok && !response.redirected) found = await response.json();
  } catch {
    found = []; // no connection: the code can still be typed
  }
  if (state.asked !== asked || document.activeElement !== input) return;
  state.found = found;
  state.list.replaceChildren(...found.map((match, index) => item(state, match, index)));
  state.list.hidden = !found.length;
  input.setAttribute("aria-expanded", String(!state.list.hidden));
  mark(input, found.length ? 0 : -1);
}

function item(state, match, index) {
  const node = document.createElement("li");
  node.id = `${state.list.id}_${index}`;
  node.dataset.index = index;
  node.setAttribute("role", "option");
  const code = document.createElement("b");
  code.textContent = match.value;
  const name = document.createElement("span");
  name.textContent = match.label;
  node.append(code, name);
  return node;
}

function mark(input, index) {
  const state = stateOf(input);
  state.at = index;
  for (const node of state.list.children) node.setAttribute("aria-selected", String(Number(node.dataset.index) === index));
  const node = state.list.children[index];
  if (node) { input.setAttribute("aria-activedescendant", node.id); node.scrollIntoView({ block: "nearest" }); }
  else input.removeAttribute("aria-activedescendant");
}

function close(input) {
  const state = stateOf(input);
  state.asked = "";
  state.list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function choose(input, index) {
  const match = stateOf(input).found[index];
  if (!match) return;
  close(input);
  fill(input, match.value);
  fill(nameBox(input), match.label);
  close(input); // the input event above asked again
}

function leave(input) {
  const state = stateOf(input);
  const typed = input.value.trim();
  const exact = state.found.findIndex((match) => match.value.toUpperCase() === typed.toUpperCase());
  if (exact >= 0 && !state.list.hidden) choose(input, exact);
  else if (typed && !/^[a-z]\d/i.test(typed)) { // words
    const name = nameBox(input);
    if (!name.value.trim()) fill(name, typed);
    fill(input, "");
  }
  close(input);
}

export function enhanceIcd() {
  const on = (type, run) => document.addEventListener(type, (event) => {
    if (event.target.matches?.("input[data-icd10]")) run(event.target, event);
  }, true);
  on("focusin", (input) => stateOf(input));
  on("input", (input, event) => { if (event.isTrusted) look(input); });
  on("focusout", (input) => leave(input));
  on("keydown", (input, event) => {
    const state = stateOf(input);
    const open = !state.list.hidden;
    const count = state.list.children.length;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      mark(input, (state.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (open && (event.key === "Enter" || event.key === "Tab")) {
      choose(input, state.at); // and on to the next box
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      close(input);
    }
  });
}
