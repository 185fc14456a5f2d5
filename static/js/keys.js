// The keyboard: "/" to search, Ctrl+S to save, Enter to the next box, c / k / b to answer Có, Không, Không biết.
const ANSWERS = { c: "yes", k: "no", b: "unknown", x: "", Delete: "", Backspace: "" };
const STOPS = "input:not([type=hidden], [disabled]), select:not(.held, [disabled]), textarea:not([disabled]), button[data-save]";

function stops(form) {
  const seen = new Set();
  return [...form.querySelectorAll(STOPS)].filter((control) => {
    if (control.closest("details:not([open])") || !control.getClientRects().length) return false;
    if (control.type !== "radio") return true;
    if (seen.has(control.name)) return false;
    const chosen = form.querySelector(`input[name="${CSS.escape(control.name)}"]:checked`);
    if (chosen && chosen !== control) return false;
    seen.add(control.name);
    return true;
  });
}

/** Moves to the box after `control` in its form. */
export function next(control) {
  const all = stops(control.form);
  const here = all.findIndex((other) => other === control || (control.type === "radio" && other.name === control.name));
  const target = all[here + 1];
  if (target) {
    target.focus();
    if (target.select && target.type !== "radio") target.select();
  }
}

function answer(event) {
  const radio = event.target;
  const group = radio.closest("[data-segments]");
  const radios = [...group.querySelectorAll("input[type=radio]")];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  let chosen;
  if (radios.some((other) => other.value === "yes") && key in ANSWERS) chosen = radios.find((other) => other.value === ANSWERS[key]);
  else if (/^[1-9]$/.test(key)) chosen = radios[Number(key) - 1];
  else if (["x", "Delete", "Backspace"].includes(key)) chosen = radios.find((other) => other.value === "");
  if (!chosen) return false;
  chosen.checked = true;
  chosen.dispatchEvent(new Event("input", { bubbles: true }));
  chosen.dispatchEvent(new Event("change", { bubbles: true }));
  next(chosen);
  return true;
}

export function enhanceKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target;
    const typing = target.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");
    if (event.key === "/" && !typing) {
      const box = document.querySelector("main [data-hotkey='/']") ?? document.querySelector("[data-hotkey='/']");
      if (box) { box.focus(); box.select(); event.preventDefault(); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && ["s", "Enter"].includes(event.key)) {
      const form = target.closest?.("form[data-saving]") ?? document.querySelector("form[data-saving]");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-save]")); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const form = target.form;
    if (target.type === "radio" && target.closest("[data-segments]") && answer(event)) { event.preventDefault(); return; }
    if (event.key === "Enter" && form?.matches("[data-saving]") && target.matches("input, select")) {
      event.preventDefault();
      next(target);
    }
  });
}
