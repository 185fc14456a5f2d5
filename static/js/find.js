// Finding people. What is typed never stands in an address: the box of the top bar hands its words to the search page
// through sessionStorage, so that Back works, and the page asks by POST. Arrow keys walk the results.
const KEPT = "find:q";

function handOver() {
  for (const form of document.querySelectorAll("form[data-handover]")) {
    form.addEventListener("submit", (event) => {
      const text = form.elements.q.value.trim();
      if (!text) return;
      event.preventDefault();
      sessionStorage.setItem(KEPT, text);
      location.assign(form.action);
    });
  }
}

function walk(box) {
  document.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
    const links = [...document.querySelectorAll("[data-result]")];
    const here = links.indexOf(document.activeElement);
    if (document.activeElement !== box && here < 0) return;
    event.preventDefault();
    if (event.key === "Escape" || (event.key === "ArrowUp" && here === 0)) { box.focus(); box.select(); return; }
    links[event.key === "ArrowDown" ? Math.min(here + 1, links.length - 1) : Math.max(here - 1, 0)]?.focus();
  });
}

export function enhanceFind() {
  handOver();
  const form = document.querySelector("form[data-find]");
  if (!form) return;
  const box = form.elements.q;
  walk(box);
  form.addEventListener("input", () => sessionStorage.setItem(KEPT, box.value));
  form.addEventListener("submit", () => sessionStorage.setItem(KEPT, box.value));
  const kept = sessionStorage.getItem(KEPT);
  if (kept && !box.value) {
    box.value = kept;
    box.select();
    window.addEventListener("load", () => form.requestSubmit()); // htmx is ready then
  }
}
