/** Changes a control as if it had been typed, so that drafts and other modules notice. */
export function fill(control, value) {
  if (control.type === "radio") control.checked = true;
  else if (control.value === value) return;
  else control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
