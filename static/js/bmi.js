// BMI is shown while weight and height are typed; the database computes the stored one. Half up to one decimal, as there.
const number = (text) => (/^\s*\d+([.,]\d+)?\s*$/.test(text) ? Number(text.trim().replace(",", ".")) : NaN);

export function bmi(weight, height) {
  const kg = number(weight), cm = number(height);
  if (!(kg > 0) || !(cm > 0)) return "–";
  const tenths = Math.round((kg * 100_000) / (cm * cm) + 1e-9);
  return (tenths / 10).toFixed(1).replace(".", ",");
}

function show(block) {
  const box = (name) => block.querySelector(`[name=${name}]`).value;
  block.querySelector("[data-bmi-value]").textContent = bmi(box("weight_kg"), box("height_cm"));
}

export function enhanceBmi() {
  document.addEventListener("input", (event) => {
    const block = event.target.closest?.("[data-bmi]");
    if (block) show(block);
  });
  return (root) => root.querySelectorAll("[data-bmi]").forEach(show);
}
