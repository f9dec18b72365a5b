/* The table of races, filtered by text and by verdict. */

function startFilter() {
  const form = document.querySelector(".filter"), text = document.getElementById("filter-text");
  const rows = [...document.querySelectorAll("table.races tbody tr")];
  const none = document.querySelector("#races .none"), output = document.getElementById("filter-count");

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
