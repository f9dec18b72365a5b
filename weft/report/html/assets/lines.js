/* The source files with what was executed and how many local states wait at a line. */

function startLines() {
  for (const button of document.querySelectorAll("#lines button[data-file]")) {
    button.addEventListener("click", () => toggleFile(button));
  }
}

function toggleFile(button) {
  const row = button.closest("tr"),
    open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    row.nextElementSibling.remove();
    return;
  }
  const shown = listing(button.dataset.file),
    first = shown.querySelector(".ran");
  row.after(el("tr", { class: "listing-row" }, el("td", { colspan: String(row.cells.length) }, shown)));
  if (first) shown.scrollTop = first.offsetTop - shown.offsetTop - 60;
}

function listing(name) {
  const { text, statements, executed, nodes } = data("files")[name];
  const counted = new Set(statements),
    ran = new Set(executed);
  const rows = text.map((line, k) => {
    const number = k + 1,
      kind = ran.has(number) ? "ran" : counted.has(number) ? "missed" : "";
    const sign = kind === "ran" ? "executed" : kind === "missed" ? "never executed" : "";
    return el(
      "div",
      { class: kind || null },
      el("span", { class: "no" }, String(number)),
      el(
        "span",
        { class: "waits", title: nodes[number] ? nodes[number] + " local states wait here" : null },
        nodes[number] ? String(nodes[number]) : "",
      ),
      el("span", { class: "hidden" }, sign),
      el("code", {}, line || " "),
    );
  });
  return el("div", { class: "source whole", tabindex: "0", role: "region", "aria-label": name }, rows);
}
