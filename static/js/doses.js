// Section C, form831.md §4 rule 4: ticking "chưa" clears and locks date, month and reaction, never the appointment;
// typing a date unticks it. The service keeps the same rule for browsers without scripts.
import { fill } from "./fill.js";

const box = (row, column) => row.querySelector(`[name$="-${column}"]`);
const status = (row) => row.querySelector('[name$="-status"]:checked')?.value ?? "";
const choose = (row, value) => fill(row.querySelector(`[name$="-status"][value="${value}"]`));

function lock(row, clear) {
  const locked = status(row) === "not_given";
  row.classList.toggle("not-given", locked);
  const date = box(row, "occurrence_date");
  date.readOnly = locked; // still reached by Tab: a digit typed there unticks
  if (locked && clear) fill(date, "");
  for (const column of ["pregnancy_month", "reaction"]) {
    const control = box(row, column);
    if (!control) continue;
    if (locked && clear) fill(control, "");
    control.disabled = locked;
  }
}

export function enhanceDoses() {
  document.addEventListener("change", (event) => {
    const row = event.target.closest?.("tr[data-dose]");
    if (row && event.target.name.endsWith("-status")) lock(row, true);
  });
  document.addEventListener("input", (event) => {
    const row = event.target.closest?.("tr[data-dose]");
    if (row && event.target.name.endsWith("-occurrence_date") && event.target.value.trim() && status(row) !== "given") choose(row, "given");
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("tr[data-dose]");
    if (row && event.target.readOnly && /^\d$/.test(event.key) && !event.ctrlKey && !event.altKey) choose(row, "given");
  });
  return (root) => root.querySelectorAll("tr[data-dose]").forEach((row) => lock(row, false));
}
