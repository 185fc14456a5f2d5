// Section B: "Còn lại: Không" answers what nobody asked in one block. Alt+K does it for the block in which one types.
// Section D: "bt" becomes "Bình thường", Alt+B fills the empty boxes. A relative typed beside an unanswered line means "có".
import { fill } from "./fill.js";

const NORMAL = "Bình thường";
const SKIPPED = new Set(["birth_delivery_mode", "risk_exposure_duration", "last_pregnancy"]);

function answerRest(block) {
  const names = new Set([...block.querySelectorAll("input[type=radio]")].map((radio) => radio.name));
  for (const name of names) {
    const radios = [...block.querySelectorAll(`input[name="${CSS.escape(name)}"]`)];
    const chosen = radios.find((radio) => radio.checked);
    const no = radios.find((radio) => radio.value === "no") ?? radios.find((radio) => radio.value === "0");
    if (!chosen?.value && no && !SKIPPED.has(name)) fill(no);
  }
  for (const box of block.querySelectorAll("input[type=text]:not([inputmode]), textarea")) {
    if (!box.value.trim() && !box.disabled && !SKIPPED.has(box.name) && !box.name.endsWith("_person")) fill(box, "Không có");
  }
}

function answerNormal(block) {
  for (const box of block.querySelectorAll("[data-finding]")) if (!box.value.trim()) fill(box, NORMAL);
}

function relativeTyped(box) {
  const name = box.name.replace(/_person$/, "");
  const radios = [...box.form.querySelectorAll(`input[type=radio][name="${CSS.escape(name)}"]`)];
  const chosen = radios.find((radio) => radio.checked);
  if (box.value.trim() && radios.length && !chosen?.value) fill(radios.find((radio) => radio.value === "yes"));
}

export function enhanceRest() {
  document.addEventListener("click", (event) => {
    const rest = event.target.closest("[data-rest]");
    if (rest) {
      event.preventDefault();
      answerRest(rest.closest("[data-block]"));
    }
    const normal = event.target.closest("[data-normal]");
    if (normal) answerNormal(normal.closest("[data-findings]"));
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const block = event.target.closest?.("[data-block]");
    const findings = event.target.closest?.("[data-findings]");
    if (event.code === "KeyK" && block?.querySelector("[data-rest]")) { event.preventDefault(); answerRest(block); }
    if (event.code === "KeyB" && findings) { event.preventDefault(); answerNormal(findings); }
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-finding]") && /^bt$/i.test(box.value.trim())) fill(box, NORMAL);
    if (box.matches("input[name$=_person]")) relativeTyped(box);
  });
}
