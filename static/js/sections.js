// Entry of the pages that type sections B, C and D. Everything listens on the document, so that it also works for rows
// added later and after a refused save has replaced the page's content; what must be set up once runs on each new main.
import { enhanceBmi } from "./bmi.js";
import { enhanceDoses } from "./doses.js";
import { enhanceIcd } from "./icd.js";
import { enhanceRest } from "./rest.js";
import { enhanceRows } from "./rows.js";

enhanceRest();
enhanceRows();
enhanceIcd();
const setUp = [enhanceBmi(), enhanceDoses()];
const all = () => setUp.forEach((run) => run(document));

all();
new MutationObserver((changes) => {
  if (changes.some((change) => [...change.addedNodes].some((node) => node.nodeName === "MAIN"))) all();
}).observe(document.body, { childList: true });
