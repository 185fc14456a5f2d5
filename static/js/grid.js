// table[data-grid]: rows of a household typed one after the other. Enter in the last box of the last row adds a row.
import { enhanceCombos } from "./combobox.js";

function add(table) {
  const template = table.parentElement.querySelector("template[data-row]") ?? table.querySelector("template[data-row]");
  const body = table.tBodies[0];
  const total = table.closest("form").elements[table.dataset.grid];
  const row = template.content.firstElementChild.cloneNode(true);
  for (const node of row.querySelectorAll("*")) {
    for (const attribute of [...node.attributes]) {
      if (attribute.value.includes("__row__")) node.setAttribute(attribute.name, attribute.value.replaceAll("__row__", total.value));
    }
    if (node.children.length === 0 && node.textContent.includes("__row__")) node.textContent = node.textContent.replaceAll("__row__", Number(total.value) + 1);
  }
  total.value = Number(total.value) + 1;
  body.append(row);
  enhanceCombos(row);
  return row;
}

const first = (row) => row.querySelector("input:not([type=hidden]), select:not(.held)");

export function enhanceGrids(root) {
  for (const table of root.querySelectorAll("table[data-grid]")) {
    const form = table.closest("form");
    table.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
      const row = event.target.closest("tbody tr");
      const boxes = row ? [...row.querySelectorAll("input:not([type=hidden]), select:not(.held)")] : [];
      if (!row || event.target !== boxes.at(-1)) return;
      const following = row.nextElementSibling?.matches("tr") ? row.nextElementSibling : add(table);
      event.preventDefault();
      queueMicrotask(() => first(following).focus());
    });
    form.querySelector("[data-add-row]")?.addEventListener("click", () => first(add(table)).focus());
    form.addEventListener("draft:rows", (event) => {
      const wanted = Number(event.detail.get(table.dataset.grid)?.[0] ?? 0);
      while (Number(form.elements[table.dataset.grid].value) < wanted) add(table);
    });
  }
}
