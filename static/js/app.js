// Entry of every page: small modules, each of which improves plain HTML that also works without it.
import { enhanceCombos } from "./combobox.js";
import { enhanceDrafts, forgetDrafts, keepOnlyMine } from "./drafts.js";
import { enhanceGrids } from "./grid.js";
import { enhanceKeys } from "./keys.js";
import { enhanceSaving } from "./save.js";
import { enhanceFind } from "./find.js";

/** Improves what is below `root`: the page, or its main part after a save was refused. */
export function enhance(root) {
  enhanceCombos(root);
  enhanceGrids(root);
  enhanceSaving(root, enhance);
  enhanceDrafts(root);
  const target = root.querySelector("[data-focus]") ?? root.querySelector("[autofocus]");
  if (target) target.focus();
}

keepOnlyMine();
enhanceKeys();
enhanceFind();
enhance(document);

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-logout]")) forgetDrafts();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.usermenu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
