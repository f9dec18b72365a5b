/* The table of races, filtered by text and by verdict, sorted by a column. */

function startFilter() {
  const form = document.querySelector(".filter"),
    text = document.getElementById("filter-text");
  const rows = [...document.querySelectorAll("table.races tbody tr")];
  const none = document.querySelector("#races .none"),
    output = document.getElementById("filter-count");

  function fits(row, words, verdict) {
    const said = row.dataset.words.toLowerCase();
    const right = !verdict || (verdict === "!" ? row.dataset.judgement !== "as expected" : row.dataset.verdict === verdict);
    return right && words.every((word) => said.includes(word));
  }

  function apply() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = form.querySelector("input[name=verdict]:checked").value;
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row, words, verdict);
      shown += !row.hidden;
    }
    none.hidden = shown > 0;
    output.textContent = shown === rows.length ? "" : shown + " of " + rows.length;
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filter-clear").addEventListener("click", () => {
    form.reset();
    apply();
    text.focus();
  });
  apply();
}

/* Heads become buttons: numbers fall at first, words rise; the third press brings back the order of the run. */
function startSorting() {
  const body = document.querySelector("table.races tbody"),
    original = [...body.rows];
  const heads = [...document.querySelectorAll("table.races thead th")];
  heads.forEach((head, column) => {
    const first = head.classList.contains("n") ? "descending" : "ascending",
      button = el("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const way =
        { [first]: first === "ascending" ? "descending" : "ascending" }[head.ariaSort || ""] || (head.ariaSort ? null : first);
      for (const other of heads) other.removeAttribute("aria-sort");
      if (way) head.setAttribute("aria-sort", way);
      body.append(...(way ? sorted(original, column, way === "ascending" ? 1 : -1) : original));
    });
  });
}

function sorted(rows, column, sign) {
  const key = (row) => {
    const text = row.cells[column].textContent.trim(),
      number = Number(text.replaceAll(",", ""));
    return text === "unbounded" ? Infinity : text === "-" ? -1 : Number.isNaN(number) ? text : number;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b || 0 : String(a).localeCompare(String(b), "en");
  return [...rows].sort((a, b) => sign * compare(key(a), key(b)));
}
