// The browser's twin of ehr.common.text.plain: search form of a text, without tones.
export function plain(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}

/** How well `words` (plain) begin the words of `label` (plain): lower is better, -1 for no match. */
export function rank(words, label) {
  const parts = label.split(" ");
  if (!words.every((word) => parts.some((part) => part.startsWith(word)))) return -1;
  return label.startsWith(words.join(" ")) ? 0 : parts.some((part) => part === words[0]) ? 1 : 2;
}
