// Choosing lines of a comparison: all of the page at once, with a count. Without scripts each box works by itself.
function enhanceLines(form) {
  const all = form.querySelector("[data-all]");
  const count = form.querySelector("[data-count]");
  const boxes = [...form.querySelectorAll('input[name="dong"]')];
  if (!all || !boxes.length) return;
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    if (count) count.textContent = chosen ? `Đã chọn ${chosen} dòng` : "";
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "dong") show();
  });
  show();
}

for (const form of document.querySelectorAll("form[data-lines]")) enhanceLines(form);
