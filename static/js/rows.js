// Tables of any number of rows. button[data-add="labs"] copies template[data-row-of="labs"] into table[data-rows="labs"];
// the hidden control "labs-total" counts; button[data-drop] empties its row, and an empty row is not stored. Enter in the
// last box of the last row adds one. After a reload the rows of a kept draft come back.
import { enhanceCombos } from "./combobox.js";
import { fill } from "./fill.js";

const BOXES = "input:not([type=hidden], [type=radio], :disabled), select:not(.held, :disabled)";

function replace(node, number) {
  for (const attribute of [...node.attributes]) {
    if (attribute.value.includes("__")) node.setAttribute(attribute.name, text(attribute.value, number));
  }
  for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE) child.data = text(child.data, number);
}

const text = (value, number) => value.replaceAll("__row__", number).replaceAll("__number__", number + 1);

function add(name) {
  const template = document.querySelector(`template[data-row-of="${CSS.escape(name)}"]`);
  const table = document.querySelector(`table[data-rows="${CSS.escape(name)}"]`);
  const total = table.closest("form").elements[`${name}-total`];
  const number = Number(total.value);
  const row = template.content.firstElementChild.cloneNode(true);
  for (const node of [row, ...row.querySelectorAll("*")]) replace(node, number);
  total.value = number + 1;
  table.tBodies[0].append(row);
  enhanceCombos(row);
  return row;
}

function drop(row) {
  for (const control of row.querySelectorAll("input, select, textarea")) {
    if (control.type === "radio") { if (!control.value) fill(control); }
    else if (control.type !== "hidden") fill(control, "");
  }
  for (const select of row.querySelectorAll("select.held")) select.dispatchEvent(new CustomEvent("options:changed"));
  row.querySelector(BOXES)?.focus();
}

export function enhanceRows() {
  document.addEventListener("click", (event) => {
    const adding = event.target.closest("[data-add]");
    if (adding) add(adding.dataset.add).querySelector(BOXES).focus();
    const dropping = event.target.closest("[data-drop]");
    if (dropping) drop(dropping.closest("tr"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.isComposing || event.defaultPrevented) return;
    const table = event.target.closest?.("table[data-rows]");
    const row = table && event.target.closest("tbody tr");
    const boxes = row ? [...row.querySelectorAll(BOXES)] : [];
    const filled = boxes.some((box) => box.value);
    if (!row || row.nextElementSibling || event.target !== boxes.at(-1) || !filled) return;
    event.preventDefault();
    add(table.dataset.rows).querySelector(BOXES).focus();
  }, true);
  document.addEventListener("draft:rows", (event) => {
    for (const table of event.target.querySelectorAll("table[data-rows]")) {
      const name = table.dataset.rows;
      const wanted = Number(event.detail.get(`${name}-total`)?.[0] ?? 0);
      while (Number(event.target.elements[`${name}-total`].value) < wanted) add(name);
    }
  }, true); // the event does not bubble
}
