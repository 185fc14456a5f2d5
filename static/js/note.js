// One place for news about the connection and the session, read aloud by screen readers.
export function note(text, { level = "error", link = null, actions = [] } = {}) {
  const box = document.getElementById("netnote");
  if (!box) return;
  box.replaceChildren();
  if (!text) return;
  const line = document.createElement("div");
  line.className = `note ${level}`;
  line.append(text);
  if (link) {
    const anchor = document.createElement("a");
    Object.assign(anchor, { href: link.href, textContent: link.text, target: "_blank", rel: "noopener" });
    line.append(" ", anchor);
  }
  for (const { label, run } of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", run);
    line.append(" ", button);
  }
  box.append(line);
}
